"""One exchange with the assistant: speech to text, text to answer, answer to speech. All that follows it is masked."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from calls.models import Call
from transcripts.actions.documents import as_entries
from transcripts.actions.prompts import version_of
from transcripts.assistant.embedded import EmbeddedModel, meaning_of
from transcripts.assistant.errors import AssistantError, ProviderDown
from transcripts.assistant.guard import Guard, defused
from transcripts.assistant.knowledge import Entry, Knowledge
from transcripts.assistant.language_model import (
    CircuitBreaker,
    LanguageModel,
    ModelOptions,
    Turn,
    Usage,
)
from transcripts.assistant.sources import sources_of
from transcripts.assistant.voice import EspeakVoice, FallbackVoice, Voice, VoiceOptions
from transcripts.engines.base import EngineUnavailable, SpeechError
from transcripts.engines.decode import DecodeError, decode
from transcripts.masking.kinds import PROFANITY
from transcripts.models import (
    AssistantPolicy,
    AssistantTurn,
    CallSummary,
    KnowledgeDocument,
    KnowledgeEntry,
    TrialUse,
)
from transcripts.speech import engine_of
from transcripts.tone.tone import label, tone
from transcripts.vocabulary import masked

logger = logging.getLogger(__name__)

MAX_SECONDS = 120
MAX_PROMPT = 4000
POSITIONS_TRIED = 5


class ConversationRefused(Exception):
    """`code` is stable; the edge has the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the edge tells. `audio` is MP3, empty where nobody can speak."""

    turn: AssistantTurn
    audio: bytes
    voice_missing: bool
    fell_back: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, masked, and its tone."""

    text: str
    score: float


def converse(call: Call, sound: bytes, system_prompt: str = "", voice: str = "") -> Exchange:
    """Hear, answer, speak. Raises ConversationRefused: undecodable_audio, no_speech, no_model, assistant_failed and its kin."""
    if call.erased_at is not None or not call.is_active:
        raise ConversationRefused("wrong_state")
    return answer(call, hear(call, sound), system_prompt, voice)


def hear(call: Call, sound: bytes) -> str:
    """What was said, as it was said: it goes nowhere but into `answer`."""
    try:
        heard = engine_of(call, "live").transcribe(
            decode(sound, max_seconds=MAX_SECONDS), language=call.language
        )
    except DecodeError as error:
        raise ConversationRefused(error.code) from error
    except EngineUnavailable as error:
        raise ConversationRefused("no_model") from error
    except SpeechError as error:
        raise ConversationRefused(error.code) from error
    if not heard.text.strip():
        raise ConversationRefused("no_speech")
    return heard.text


def heard(call: Call, said: str) -> Heard:
    """Everything behind this line sees masked words only."""
    hidden = masked(said, call.queue_id)
    insults = sum(mask.kind == PROFANITY for mask in hidden.masks)
    return Heard(hidden.text, tone(said, call.language, insults=insults) or 0.0)


def answer(call: Call, said: str, system_prompt: str = "", voice: str = "") -> Exchange:
    """The answer to what was said."""
    told, policy, usage = heard(call, said), policy_of(call), Usage()
    prompt = system_prompt[:MAX_PROMPT] or policy.prompt
    turns = [*history(call, policy.turns), Turn("user", told.text)]
    reply, model, fell_back = think(turns, prompt, policy, knowledge_of(call), usage)
    turn = keep_turn(call, told, masked(reply, call.queue_id).text, policy, prompt, model, usage)
    audio, missing = speak(turn.reply, voice or policy.voice)
    return Exchange(turn, audio, missing, fell_back, turn.created_at)


def keep_turn(
    call: Call, told: Heard, reply: str, policy: AssistantPolicy, prompt: str, model: str, usage: Usage
) -> AssistantTurn:
    return store_turn(
        call,
        user_text=told.text,
        reply=reply,
        sentiment=label(told.score).value,
        score=told.score,
        model=model,
        prompt=prompt,
        prompt_version=version_of(policy) if prompt == policy.prompt else None,
        sources=sources_of(usage.sources),
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
    )


def think(
    turns: list[Turn], prompt: str, policy: AssistantPolicy, knowledge: Knowledge, usage: Usage
) -> tuple[str, str, bool]:
    """The answer, who gave it, and whether the house's own answers stood in for a language model that failed.

    `turns` are masked, the last one is the question.
    """
    house, asked = EmbeddedModel(knowledge), turns[-1].text
    if not settings.ASSISTANT_MODEL or meaning_of(asked) == "person" or is_used_up(policy):
        return "".join(house.reply("", turns, usage)), house.name, False
    usage.sources = knowledge.find(asked)
    guard = Guard(prompt, tuple(found.entry.answer for found in usage.sources))
    try:
        model = language_model()
        said = "".join(model.reply(guard.system, [_defused(turn) for turn in turns], usage)).strip()
    except ProviderDown as error:
        logger.warning("assistant: %s; the house's own answers stand in", error.code)
        return "".join(house.reply("", turns, usage)), house.name, True
    except AssistantError as error:
        raise ConversationRefused(error.code) from error
    if guard.lets_through(said):
        return said, model.name, False
    logger.warning("assistant: an answer was held back")
    return "".join(house.reply("", turns, usage)), house.name, False


def _defused(turn: Turn) -> Turn:
    return Turn(turn.role, defused(turn.text))


def speak(text: str, voice: str) -> tuple[bytes, bool]:
    try:
        return speaker().speak(text, voice), False
    except AssistantError as error:
        logger.warning("the assistant has no voice: %s", error.code)
        return b"", True


def history(call: Call, turns: int) -> list[Turn]:
    """The latest turns of this call, oldest first."""
    rows = list(AssistantTurn.objects.filter(call=call).order_by("-position")[:turns])
    pairs = [(Turn("user", row.user_text), Turn("assistant", row.reply)) for row in reversed(rows)]
    return [turn for pair in pairs for turn in pair if turn.text]  # a greeting answers nothing


def store_turn(call: Call, **fields: Any) -> AssistantTurn:
    """The next turn of a call, whoever else stores one at the same time."""
    if "prompt_version" not in fields:
        fields["prompt_version"] = version_of(policy_of(call))
    for attempt in range(POSITIONS_TRIED):
        last = AssistantTurn.objects.filter(call=call).aggregate(last=Max("position"))["last"] or 0
        try:
            with transaction.atomic():
                return AssistantTurn.objects.create(call=call, position=last + 1, **fields)
        except IntegrityError:  # two questions at once
            if attempt == POSITIONS_TRIED - 1:
                raise
    raise AssertionError


def policy_of(call: Call) -> AssistantPolicy:
    """The place's own, else the one for everywhere, else the defaults."""
    found = list(
        AssistantPolicy.objects.filter(place=call.place) | AssistantPolicy.objects.filter(place=None)
    )
    found.sort(key=lambda policy: policy.place_id is None)
    return found[0] if found else AssistantPolicy()


def is_used_up(policy: AssistantPolicy) -> bool:
    if not policy.monthly_tokens:
        return False
    month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    turns = AssistantTurn.objects.filter(created_at__gte=month)
    notes = CallSummary.objects.filter(made_at__gte=month)
    trials = TrialUse.objects.filter(created_at__gte=month)
    if policy.place_id:
        turns, notes = (
            turns.filter(call__place=policy.place_id),
            notes.filter(call__place=policy.place_id),
        )
        trials = trials.filter(place=policy.place_id)
    return sum(tokens(rows) for rows in (turns, notes, trials)) >= policy.monthly_tokens


def tokens(rows: QuerySet[Any]) -> int:
    """In and out, of turns or of notes."""
    sums = rows.aggregate(into=Sum("prompt_tokens"), out=Sum("completion_tokens"))
    return (sums["into"] or 0) + (sums["out"] or 0)


def knowledge_of(call: Call) -> Knowledge:
    """The place's answers and documents and those of everywhere; made anew when one was changed."""
    versions = (
        rows.aggregate(count=Count("pk"), last=Max("updated_at"), top=Max("pk"))
        for rows in _of_place(call.place_id)
    )
    return _index(call.place_id, *(tuple(version.values()) for version in versions))


def _of_place(place_id: int) -> tuple[QuerySet[KnowledgeEntry], QuerySet[KnowledgeDocument]]:
    mine = Q(place=place_id) | Q(place=None)
    return (
        KnowledgeEntry.objects.filter(mine, is_active=True),
        KnowledgeDocument.objects.filter(mine, is_active=True),
    )


@lru_cache(maxsize=64)
def _index(place_id: int, *_versions: tuple[Any, ...]) -> Knowledge:
    answers, documents = _of_place(place_id)
    entries = [Entry(row.pk, row.questions, row.answer) for row in answers.order_by("pk")]
    for document in documents.order_by("pk"):
        entries += as_entries(document)
    return Knowledge(entries)


def load_client() -> None:
    """The endpoint's client library, where an endpoint is set: a worker loads it before anybody asks."""
    if settings.ASSISTANT_MODEL or settings.ASSISTANT_VOICE_MODEL:
        import_module("transcripts.assistant.openai_client")


def language_model() -> LanguageModel:
    return _model(
        ModelOptions(
            settings.ASSISTANT_URL,
            settings.ASSISTANT_KEY,
            settings.ASSISTANT_MODEL,
            settings.ASSISTANT_TIMEOUT,
        )
    )


@lru_cache(maxsize=4)
def _model(options: ModelOptions) -> LanguageModel:
    from transcripts.assistant.openai_client import OpenAIModel

    return OpenAIModel(options, CircuitBreaker())


def speaker() -> Voice:
    if not settings.ASSISTANT_VOICE_MODEL:
        return EspeakVoice()
    return _voice(
        VoiceOptions(settings.ASSISTANT_URL, settings.ASSISTANT_KEY, settings.ASSISTANT_VOICE_MODEL)
    )


@lru_cache(maxsize=4)
def _voice(options: VoiceOptions) -> Voice:
    from transcripts.assistant.openai_client import OpenAIVoice

    return FallbackVoice(OpenAIVoice(options), EspeakVoice())
