"""The final transcript: after the call every side is heard again as a whole, and its sound stored with the
beeps.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls import events
from calls.actions.sealing import seal_call
from calls.models import Call, Chunk, Recording
from transcripts.actions import remask
from transcripts.actions.audio import assemble, beeped, mix_sides, recordings_of
from transcripts.actions.live import tell_captions
from transcripts.actions.neighbours import mask_sides
from transcripts.actions.script import PROVENANCE, is_scripted, spoken
from transcripts.actions.stretches import Stretch, stretches
from transcripts.actions.summaries import open_summary
from transcripts.actions.sums import sum_up
from transcripts.actions.utterances import build
from transcripts.engines.base import EngineUnavailable, Provenance, SpeechEngine, SpeechError
from transcripts.engines.decode import DecodeError
from transcripts.engines.words import Segment, Transcription
from transcripts.masking.audio import TimeSpan
from transcripts.models import CallTranscript, Source, SpeechJob, TranscriptState, Utterance
from transcripts.models.utterance import BEEPED
from transcripts.speech import engine_of, unavailable
from transcripts.vocabulary import Rules, rules

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""How often an engine that gives up is asked again before its stretch counts as not heard."""


class NotSettled(Exception):
    """Live jobs of the call are still running: ask again in a moment."""


class LeaseLost(Exception):
    """Another worker has taken the transcript over; its result counts."""


class _Passing(Exception):
    """The engine failed in a way that may pass."""


class _Late(Exception):
    """A chunk arrived while the call was being heard."""


@dataclass
class _Result:
    """What one pass found. `missing` is what nobody could hear, as CallTranscript keeps it: it is beeped as a
    whole."""

    by: Rules
    attempt: int
    chunk_ids: list[int] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    mix_path: str = ""

    @property
    def state(self) -> TranscriptState:
        return TranscriptState.PARTIAL if self.missing else TranscriptState.READY

    def spans(self) -> list[TimeSpan]:
        return beeped((utterance.masks for utterance in self.utterances), self.missing)

    def add(
        self,
        chunk: Chunk,
        segment: Segment,
        position: int,
        language: str,
        provenance: Provenance,
        source: Source = Source.OFFLINE,
    ) -> None:
        utterance = build(
            chunk,
            segment,
            source=source,
            position=position,
            language=language,
            provenance=provenance,
            by=self.by,
        )
        if source == Source.AGAIN:  # found by nobody, and no hint
            utterance.search_text, utterance.tone = "", None
        self.utterances.append(utterance)

    def lose(self, chunks: Iterable[Chunk], reason: str) -> None:
        self.missing += [_gap(chunk, reason) for chunk in chunks]


def open_transcript(call_id: uuid.UUID) -> bool:
    """Give a finished call its transcript row. False when the call is gone or was never answered. Safe to
    repeat.
    """
    call = Call.objects.filter(pk=call_id, answered_at__isnull=False).first()
    if call is None:
        return False
    CallTranscript.objects.get_or_create(call=call)
    return True


def reopen_transcript(chunk_id: int) -> uuid.UUID | None:
    """A chunk that arrives after the transcript was finished makes it pending again. Gives the call to
    finish.
    """
    done = CallTranscript.objects.filter(
        call__recordings__chunks=chunk_id, state__in=[TranscriptState.READY, TranscriptState.PARTIAL]
    ).first()
    if done is None:
        return None
    CallTranscript.objects.filter(pk=done.pk, state=done.state).update(state=TranscriptState.PENDING)
    return done.call_id


def finish_transcript(call_id: uuid.UUID) -> None:
    """Hear the call again and store masked sound and text. A missing or settled transcript is done.

    Raises NotSettled while live jobs run. Safe to repeat: what a killed pass left is replaced.
    """
    call = Call.objects.filter(pk=call_id).first()
    if call is None or call.is_active or not open_transcript(call_id):
        return
    if SpeechJob.objects.unsettled().filter(chunk__recording__call=call).exists():
        raise NotSettled
    transcript = CallTranscript.objects.claim(call)
    if transcript is None:
        return
    try:
        _make(call, transcript)
    except EngineUnavailable as error:
        _wait_for_model(call, transcript, error)
    except (_Late, _Passing):
        _start_again(transcript)
    except LeaseLost:
        logger.info("call %s: another worker finishes the transcript", call.pk)


def _make(call: Call, transcript: CallTranscript) -> None:
    engine = engine_of(call, "offline")
    recordings = recordings_of(call)
    result = _hear(recordings, engine, transcript)
    result.chunk_ids = [chunk.pk for recording in recordings for chunk in recording.chunks.all()]
    for recording in recordings:
        assemble(recording, result.spans())
        _renew(transcript, 95)
    result.mix_path = mix_sides(recordings)
    _publish(call, transcript, engine, result)
    seal_call(call.pk)


def _hear(recordings: list[Recording], engine: SpeechEngine, transcript: CallTranscript) -> _Result:
    result = _Result(rules(transcript.call.queue_id), transcript.attempts)
    work = [stretch for recording in recordings for stretch in stretches(recording)]
    for done, stretch in enumerate(work, start=1):
        _hear_stretch(stretch, engine, result)
        _renew(transcript, done * 90 // len(work))
    mask_sides(result.utterances, result.by)
    return result


def _hear_stretch(stretch: Stretch, engine: SpeechEngine, result: _Result) -> None:
    if is_scripted(stretch.chunks[0]):
        _read_stretch(stretch, result)
        return
    audio, unreadable = stretch.audio()
    result.lose(unreadable, DecodeError.code)
    try:
        hearings = engine.hearings(audio, language=stretch.language, offset_ms=stretch.start_ms)
    except EngineUnavailable:
        raise  # the call waits for it; nothing is published
    except SpeechError as error:
        logger.warning("recording %s: %s", stretch.recording_id, error.code)
        if error.retry and result.attempt < MAX_ATTEMPTS:
            raise _Passing from error
        result.lose((chunk for chunk in stretch.chunks if chunk not in unreadable), error.code)
        return
    for heard, source in zip(hearings, BEEPED, strict=False):
        _write_down(stretch, heard, source, engine.provenance, result)


def _write_down(
    stretch: Stretch, heard: Transcription, source: Source, provenance: Provenance, result: _Result
) -> None:
    counts: dict[int, int] = {}
    for segment in heard.segments:
        chunk = stretch.chunk_at(segment)
        position = counts[chunk.pk] = counts.get(chunk.pk, -1) + 1
        result.add(chunk, segment, position, heard.language, provenance, source)


def _read_stretch(stretch: Stretch, result: _Result) -> None:
    """The assistant's side: what it said is known. A sentence of which nothing was told by now never will be."""
    for chunk in stretch.chunks:
        said = spoken(chunk, wait=False)
        for position, segment in enumerate(said.segments):
            result.add(chunk, segment, position, said.language, PROVENANCE)


def _gap(chunk: Chunk, reason: str) -> dict[str, Any]:
    start = max(0, chunk.offset_ms())
    return {
        "peer": str(chunk.recording.participant_id),
        "start_ms": start,
        "end_ms": start + chunk.duration_ms,
        "reason": reason,
    }


def _publish(call: Call, transcript: CallTranscript, engine: SpeechEngine, result: _Result) -> None:
    with transaction.atomic():
        Utterance.objects.filter(call=call, source__in=BEEPED).delete()
        Utterance.objects.bulk_create(result.utterances)
        sum_up([call.pk])
        # The final text is found in the place of the live one, which stays.
        Utterance.objects.filter(call=call, source=Source.LIVE).update(search_text="")
        won = transcript.settle(
            result.state,
            progress=100,
            engine=engine.provenance.engine,
            engine_model=engine.provenance.model,
            finished_at=timezone.now(),
            missing=result.missing,
            mix_path=result.mix_path,
        )
        if not won:
            raise LeaseLost
        if Chunk.objects.filter(recording__call=call).exclude(pk__in=result.chunk_ids).exists():
            raise _Late
        open_summary(call)
        if rules(call.queue_id) != result.by:
            remask.request()  # the lexicon changed while the call was heard
        events.emit(call, "transcript-ready", {})


def _wait_for_model(call: Call, transcript: CallTranscript, error: EngineUnavailable) -> None:
    """The recording is kept, and nothing of it is played: what was not heard cannot be masked."""
    if transcript.settle(TranscriptState.WAITING_MODEL):
        tell_captions(call, unavailable(error))


def _start_again(transcript: CallTranscript) -> None:
    transcript.state = TranscriptState.PROCESSING
    transcript.settle(TranscriptState.PENDING)
    raise NotSettled


def _renew(transcript: CallTranscript, progress: int) -> None:
    if not transcript.renew(progress):
        raise LeaseLost
