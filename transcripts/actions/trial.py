"""Trying the assistant of a place without a call: the real way to an answer. Nothing said is stored, only what it took."""

from __future__ import annotations

from dataclasses import dataclass

from calls.models import Call, Place
from transcripts.actions.converse import ConversationRefused, hear, knowledge_of, policy_of, speak, think
from transcripts.assistant.knowledge import Found
from transcripts.assistant.language_model import Turn, Usage
from transcripts.models import TrialUse
from transcripts.vocabulary import masked

FOUND = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """`asked` and `reply` are masked. `found`: what of the house's answers was considered."""

    asked: str
    reply: str
    model: str
    found: list[Found]
    tokens: int
    audio: bytes
    fell_back: bool


def try_it(place: Place, text: str = "", sound: bytes = b"", language: str = "ko") -> Trial:
    """Raises ConversationRefused, as a real conversation does."""
    # It is never saved: the parts of the way ask it for its place, queue and language only.
    call = Call(place=place, queue=place.queue, language=language)
    said = text.strip() or hear(call, sound)
    if not said:
        raise ConversationRefused("no_speech")
    asked = masked(said, place.queue_id).text
    policy, knowledge, usage = policy_of(call), knowledge_of(call), Usage()
    reply, model, fell_back = think([Turn("user", asked)], policy.prompt, policy, knowledge, usage)
    if usage.prompt or usage.completion:
        TrialUse.objects.create(place=place, prompt_tokens=usage.prompt, completion_tokens=usage.completion)
    reply = masked(reply, place.queue_id).text
    audio, _missing = speak(reply, policy.voice)
    found = knowledge.find(asked, limit=FOUND)
    return Trial(asked, reply, model, found, usage.prompt + usage.completion, audio, fell_back)
