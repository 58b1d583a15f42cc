"""Listens to the signals of calls, which are sent after commit, and hands the work to the queue."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from calls.models import Call
from calls.models.call import ParticipantRole
from calls.signals import (
    call_answered,
    call_erasing,
    call_finished,
    call_placed,
    call_taken_over,
    chunk_growing,
    chunk_recorded,
    demo_seeded,
    key_pressed,
    voice_told,
)
from transcripts import tasks
from transcripts.actions import erase, final, knowledge, live, partials
from transcripts.actions.assist import presence, talk
from transcripts.models import AssistedCall, KnowledgeDocument, KnowledgeEntry
from transcripts.signals import utterance_heard

LAST = 9
"""Celery's least priority: what is only shown meanwhile is heard when nothing else waits, in any queue."""


@receiver(call_answered)
def announce(call_id: uuid.UUID, **_kwargs: Any) -> None:
    """Asked of a worker: the web host may have no models."""
    tasks.announce_captions.delay(str(call_id))


@receiver(call_placed)
def answer_call(call_id: uuid.UUID, **_kwargs: Any) -> None:
    """In the process of whoever placed the call: where the assistant answers first, no desk is rung."""
    call = Call.objects.select_related("place", "queue").filter(pk=call_id).first()
    if call is not None and presence.consider(call):
        tasks.enter_call.delay(str(call_id))


@receiver(call_taken_over)
def hand_call_over(call_id: uuid.UUID, **_kwargs: Any) -> None:
    presence.step_back(call_id)
    tasks.leave_call.delay(str(call_id))


@receiver(voice_told)
def hear_of_voice(participant_id: uuid.UUID, told: dict[str, Any], **_kwargs: Any) -> None:
    presence.voice_told(participant_id, told)


@receiver(key_pressed)
def press_key(call_id: uuid.UUID, key: str, **_kwargs: Any) -> None:
    """A person is asked at once; the worker only says so."""
    if key == talk.PERSON:
        talk.want_person(call_id)
    tasks.press_key.delay(str(call_id), key)


@receiver(utterance_heard)
def answer_utterance(call_id: uuid.UUID, role: str, **_kwargs: Any) -> None:
    if role == ParticipantRole.CUSTOMER and AssistedCall.objects.running().filter(call=call_id).exists():
        tasks.answer_call.delay(str(call_id))


@receiver(utterance_heard)
def suggest_to_agent(call_id: uuid.UUID, role: str, **_kwargs: Any) -> None:
    if role == ParticipantRole.CUSTOMER and _is_anything_known():
        tasks.suggest_answers.apply_async((str(call_id),), expires=tasks.SUGGESTED_WITHIN_SECONDS)


def _is_anything_known() -> bool:
    return any(kind.objects.filter(is_active=True).exists() for kind in (KnowledgeEntry, KnowledgeDocument))


@receiver(chunk_growing)
def hear_growing(
    call_id: uuid.UUID, participant_id: uuid.UUID, path: str, started_ms: int, **_kwargs: Any
) -> None:
    if partials.may_start(participant_id):
        tasks.caption_partial.apply_async(
            (str(call_id), str(participant_id), path, started_ms),
            expires=partials.EXPIRES_SECONDS,
            priority=LAST,
            retry=False,
        )


@receiver(chunk_recorded)
def hear_chunk(chunk_id: int, **_kwargs: Any) -> None:
    if live.add_job(chunk_id):
        tasks.transcribe_chunk.delay(chunk_id)
    call_id = final.reopen_transcript(chunk_id)
    if call_id is not None:
        tasks.finish_transcript.apply_async((str(call_id),), countdown=tasks.FIRST_WAIT_SECONDS)


@receiver(call_finished)
def hear_call(call_id: uuid.UUID, **_kwargs: Any) -> None:
    if AssistedCall.objects.filter(call=call_id, left_at=None).exists():
        tasks.leave_call.delay(str(call_id))
    if final.open_transcript(call_id):
        tasks.finish_transcript.apply_async((str(call_id),), countdown=tasks.FIRST_WAIT_SECONDS)


@receiver(call_erasing)
def forget_words(call_id: uuid.UUID, **_kwargs: Any) -> None:
    """Inside the erasing transaction: what cannot be erased here stops it."""
    erase.erase_words(call_id)


@receiver(demo_seeded)
def show_knowledge(**_kwargs: Any) -> None:
    knowledge.add_sample()
