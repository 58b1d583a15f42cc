"""The same exchange as in converse.py, told as it comes about: what was heard, then each sentence with its sound."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.conf import settings

from calls.models import Call
from transcripts.actions.converse import (
    ConversationRefused,
    Exchange,
    Heard,
    hear,
    heard,
    history,
    is_used_up,
    keep_turn,
    knowledge_of,
    language_model,
    policy_of,
    speak,
)
from transcripts.assistant.embedded import EmbeddedModel, meaning_of
from transcripts.assistant.errors import AssistantError, HeldBack, ProviderDown
from transcripts.assistant.guard import Guard, defused
from transcripts.assistant.language_model import Turn, Usage
from transcripts.assistant.sentences import sentences
from transcripts.models import AssistantPolicy
from transcripts.vocabulary import masked

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`number` counts from 1; `audio` is MP3, empty where nobody can speak."""

    number: int
    text: str
    audio: bytes | None = None


@dataclass(slots=True)
class _Thought:
    """Who thinks, and whether the house stood in."""

    usage: Usage = field(default_factory=Usage)
    model: str = ""
    fell_back: bool = False


def converse_aloud(
    call: Call, sound: bytes, system_prompt: str = "", voice: str = ""
) -> Iterator[Heard | Sentence | Exchange]:
    """Each sentence comes twice: as text, and then with its sound. Raises ConversationRefused, at any point.

    A turn of which something was told is kept, whatever becomes of the rest.
    """
    if call.erased_at is not None or not call.is_active:
        raise ConversationRefused("wrong_state")
    policy, said = policy_of(call), heard(call, hear(call, sound))
    yield said
    prompt = system_prompt or policy.prompt
    thought, told = _Thought(), []
    try:
        for line in _lines(call, said.text, prompt, policy, thought):
            shown = masked(line, call.queue_id).text
            told.append(shown)
            yield Sentence(len(told), shown)
            yield Sentence(len(told), shown, speak(shown, voice or policy.voice)[0])
    except ConversationRefused:
        if told:
            keep_turn(call, said, " ".join(told), policy, prompt, thought.model, thought.usage)
        raise
    turn = keep_turn(call, said, " ".join(told), policy, prompt, thought.model, thought.usage)
    audio, missing = speak(turn.reply, voice or policy.voice)
    yield Exchange(turn, audio, missing, thought.fell_back, turn.created_at)


def _lines(call: Call, asked: str, prompt: str, policy: AssistantPolicy, thought: _Thought) -> Iterator[str]:
    """The answer by the sentence. Where the language model fails before its first one, the house stands in."""
    turns = [*history(call, policy.turns), Turn("user", asked)]
    if settings.ASSISTANT_MODEL and meaning_of(asked) != "person" and not is_used_up(policy):
        said = False
        try:
            for line in _by_model(call, turns, prompt, thought):
                said = True
                yield line
            return
        except (ProviderDown, HeldBack) as error:
            logger.warning("assistant: %s", error.code)
            if said:
                raise ConversationRefused(error.code) from error
            thought.fell_back = isinstance(error, ProviderDown)
        except AssistantError as error:
            raise ConversationRefused(error.code) from error
    house = EmbeddedModel(knowledge_of(call))
    thought.model = house.name
    yield from sentences(house.reply("", turns, thought.usage))


def _by_model(call: Call, turns: list[Turn], prompt: str, thought: _Thought) -> Iterator[str]:
    thought.usage.sources = knowledge_of(call).find(turns[-1].text)
    guard = Guard(prompt, tuple(found.entry.answer for found in thought.usage.sources))
    model = language_model()
    thought.model = model.name
    shown = [Turn(turn.role, defused(turn.text)) for turn in turns]
    yield from guard.watch(sentences(model.reply(guard.system, shown, thought.usage)))
