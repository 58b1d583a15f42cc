"""Live captions: each chunk is heard once, as soon as it is on disk."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from functools import partial

from django.db import transaction

from calls import events
from calls.models import Call, CallEvent, Chunk
from transcripts.actions import load, partials
from transcripts.actions.neighbours import CHANGED, around, correct_events, mask_sides
from transcripts.actions.script import PROVENANCE, is_scripted, spoken
from transcripts.actions.sound import heard
from transcripts.actions.utterances import build, caption
from transcripts.engines.base import EngineUnavailable, SpeechEngine, SpeechError
from transcripts.engines.words import Transcription
from transcripts.models import CallTranscript, JobState, Source, SpeechJob, TranscriptState, Utterance
from transcripts.signals import utterance_heard
from transcripts.speech import (
    Availability,
    availability,
    engine_of,
    smaller_engine_of,
    unavailable,
    working,
)
from transcripts.vocabulary import rules

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
OVERLOAD = "overload"


class HearAgain(Exception):
    """The engine failed in a way that may pass; the job is free again."""


def add_job(chunk_id: int) -> bool:
    """Give a chunk its job. False when the chunk is gone or nothing is left to do. Safe to repeat."""
    chunk = Chunk.objects.filter(pk=chunk_id).first()
    if chunk is None:
        return False
    state = JobState.PENDING if chunk.has_speech else JobState.NO_SPEECH
    job, _created = SpeechJob.objects.get_or_create(chunk=chunk, defaults={"state": state})
    return job.state in (JobState.PENDING, JobState.WAITING_MODEL)


def announce(call_id: uuid.UUID) -> None:
    """Say whether captions can be made for a call that has just been answered."""
    call = Call.objects.active().filter(pk=call_id).first()
    if call is not None:
        tell_captions(call, replace(availability(call), delayed=load.is_delayed()))


def transcribe_chunk(chunk_id: int) -> None:
    """Hear one chunk and caption it. A settled, leased or missing job is done. Raises HearAgain."""
    job = SpeechJob.objects.claim(chunk_id)
    if job is None:
        return
    if is_scripted(job.chunk):
        _read(job)
        return
    if load.is_too_late(job):
        _skip(job)
        return
    call = job.chunk.recording.call
    try:
        engine = smaller_engine_of(call) if load.is_delayed() else engine_of(call, "live")
        heard = _hear(engine, job.chunk)
    except EngineUnavailable as error:
        _wait_for_model(job, error)
    except SpeechError as error:
        _fail(job, error)
    else:
        _store(job, engine, heard)


def _read(job: SpeechJob) -> None:
    """What the assistant said is known."""
    try:
        said = spoken(job.chunk)
    except SpeechError as error:
        _fail(job, error)
    else:
        _store(job, None, said)


def _hear(engine: SpeechEngine, chunk: Chunk) -> Transcription:
    audio = heard(chunk)
    return engine.transcribe(audio, language=chunk.recording.call.language, offset_ms=chunk.offset_ms())


def _wait_for_model(job: SpeechJob, error: EngineUnavailable) -> None:
    """The chunk is kept; the pages are told once that captions are off."""
    call = job.chunk.recording.call
    state = unavailable(error)
    job.settle(JobState.WAITING_MODEL, state.reason)
    CallTranscript.objects.get_or_create(call=call)
    CallTranscript.objects.filter(call=call, state=TranscriptState.PENDING).update(
        state=TranscriptState.WAITING_MODEL
    )
    tell_captions(call, state)


def _fail(job: SpeechJob, error: SpeechError) -> None:
    again = error.retry and job.attempts < MAX_ATTEMPTS
    logger.warning("chunk %s: %s, attempt %s", job.chunk_id, error.code, job.attempts)
    job.settle(JobState.PENDING if again else JobState.FAILED, error.code)
    if not again:
        partials.take_back(job.chunk)
    if again:
        raise HearAgain from error


@transaction.atomic
def _skip(job: SpeechJob) -> None:
    """Captions have fallen too far behind: the pages are told of the gap, and the final transcript hears it."""
    if not job.settle(JobState.SKIPPED, OVERLOAD):
        return
    chunk, participant = job.chunk, job.chunk.recording.participant
    start_ms = max(0, chunk.offset_ms())
    gap = {
        "peerId": str(participant.pk),
        "role": participant.role,
        "startMs": start_ms,
        "endMs": start_ms + chunk.duration_ms,
        "reason": OVERLOAD,
    }
    events.emit(chunk.recording.call, "caption-gap", gap)


@transaction.atomic
def _store(job: SpeechJob, engine: SpeechEngine | None, heard: Transcription) -> None:
    """Rows, job and captions together; nothing when the lease ran out in the meantime. Without an engine it was read."""
    if not job.settle(JobState.DONE if heard.segments else JobState.NO_SPEECH):
        return
    call = job.chunk.recording.call
    if engine is not None:
        tell_captions(call, replace(working(engine), delayed=load.is_delayed()))
    else:
        Call.objects.select_for_update().get(pk=call.pk)
    if not heard.segments:
        partials.take_back(job.chunk)
    _caption(
        call,
        [
            build(
                job.chunk,
                segment,
                source=Source.LIVE,
                position=position,
                language=heard.language,
                provenance=engine.provenance if engine else PROVENANCE,
            )
            for position, segment in enumerate(heard.segments)
        ],
    )


def _caption(call: Call, new: list[Utterance]) -> None:
    """Store and tell new utterances; what they show to be the half of a number is hidden in those before, and told again.

    The lock on the call's row, which `_store` has taken, keeps another worker from storing a neighbour meanwhile.
    """
    for utterance in new:
        before = list(around(utterance).select_related("participant"))
        changed = mask_sides([*before, utterance], rules(call.queue_id))
        utterance.save()
        events.emit(call, "caption", caption(utterance))
        for other in changed:
            if other is not utterance:
                other.save(update_fields=CHANGED)
                correct_events([other])
                events.emit(call, "caption", caption(other))
        told = partial(
            utterance_heard.send_robust, sender=Utterance, call_id=call.pk, role=utterance.participant.role
        )
        transaction.on_commit(told, robust=True)


def tell_delays() -> None:
    """Tell every running call's pages when captions fall behind, and when they have caught up."""
    delayed = load.is_delayed()
    for call in Call.objects.active().filter(events__type="captions-state").distinct():
        last = call.events.filter(type="captions-state").order_by("seq").last()
        if last is not None and last.payload["available"] and last.payload.get("delayed", False) != delayed:
            tell_captions(call, Availability(True, delayed=delayed))


@transaction.atomic
def tell_captions(call: Call, state: Availability) -> None:
    """Tell the pages whether captions can be made, when that is news. The row lock makes two workers tell
    it once.
    """
    Call.objects.select_for_update().get(pk=call.pk)
    last = CallEvent.objects.filter(call=call, type="captions-state").order_by("seq").last()
    if last is None or last.payload != state.payload():
        events.emit(call, "captions-state", state.payload())
