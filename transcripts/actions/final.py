"""The final transcript: after the call every side is heard again as a whole, and its sound stored with the
beeps.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls import events
from calls.media.opus import SAMPLE_RATE as OPUS_RATE
from calls.models import Call, Chunk, Recording
from calls.models.recording import ChunkCodec
from transcripts.actions.live import tell_captions
from transcripts.actions.stretches import Stretch, stretches
from transcripts.actions.utterances import build
from transcripts.engines.base import EngineUnavailable, SpeechEngine, SpeechError
from transcripts.engines.decode import DecodeError, decode
from transcripts.masking.audio import Piece, TimeSpan, padded, splice
from transcripts.masking.encode import opus_packets
from transcripts.models import CallTranscript, Remask, Source, SpeechJob, TranscriptState, Utterance
from transcripts.speech import NO_MODEL, Availability, engine_of
from transcripts.waveform import levels

logger = logging.getLogger(__name__)


class NotSettled(Exception):
    """Live jobs of the call are still running: ask again in a moment."""


class LeaseLost(Exception):
    """Another worker has taken the transcript over; its result counts."""


class _Late(Exception):
    """A chunk arrived while the call was being heard."""


@dataclass
class _Result:
    """What one pass found. `hidden` is what nobody could hear: it is beeped as a whole."""

    chunk_ids: list[int] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)
    hidden: list[TimeSpan] = field(default_factory=list)

    @property
    def state(self) -> TranscriptState:
        return TranscriptState.PARTIAL if self.hidden else TranscriptState.READY

    def spans(self) -> list[TimeSpan]:
        """What is beeped, on every side: one speaker's voice leaks into the other's microphone."""
        spoken = [TimeSpan(m["start_ms"], m["end_ms"]) for u in self.utterances for m in u.masks]
        return padded(spoken + self.hidden)


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
    except EngineUnavailable:
        _wait_for_model(call, transcript)
    except _Late:
        _start_again(transcript)
    except LeaseLost:
        logger.info("call %s: another worker finishes the transcript", call.pk)


def _make(call: Call, transcript: CallTranscript) -> None:
    engine = engine_of(call, "offline")
    recordings = list(call.recordings.select_related("call", "participant").prefetch_related("chunks"))
    result = _hear(recordings, engine, transcript)
    result.chunk_ids = [chunk.pk for recording in recordings for chunk in recording.chunks.all()]
    for recording in recordings:
        _assemble(recording, result)
        _renew(transcript, 95)
    _publish(call, transcript, engine, result)


def _hear(recordings: list[Recording], engine: SpeechEngine, transcript: CallTranscript) -> _Result:
    result = _Result()
    work = [stretch for recording in recordings for stretch in stretches(recording)]
    for done, stretch in enumerate(work, start=1):
        _hear_stretch(stretch, engine, result)
        _renew(transcript, done * 90 // len(work))
    return result


def _hear_stretch(stretch: Stretch, engine: SpeechEngine, result: _Result) -> None:
    audio, unreadable = stretch.audio()
    result.hidden += [_whole(chunk) for chunk in unreadable]
    try:
        heard = engine.transcribe(audio, language=stretch.language, offset_ms=stretch.start_ms)
    except SpeechError as error:
        logger.warning("recording %s: %s", stretch.recording_id, error.code)
        result.hidden += [_whole(chunk) for chunk in stretch.chunks]
        return
    counts: dict[int, int] = {}
    for segment in heard.segments:
        chunk = stretch.chunk_at(segment)
        position = counts[chunk.pk] = counts.get(chunk.pk, -1) + 1
        result.utterances.append(
            build(
                chunk,
                segment,
                source=Source.OFFLINE,
                position=position,
                language=heard.language,
                provenance=engine.provenance,
            )
        )


def _whole(chunk: Chunk) -> TimeSpan:
    start = max(0, chunk.offset_ms())
    return TimeSpan(start, start + chunk.duration_ms)


def _assemble(recording: Recording, result: _Result) -> None:
    """Both files of one side; the row names them only when they are complete."""
    base = f"audio/{recording.call_id}/{recording.participant_id}"
    original, masked = f"{base}.opus", f"{base}.masked.opus"
    pieces = [_piece(recording, chunk) for chunk in recording.chunks.all()]
    splice(pieces, settings.DATA_DIR / original, settings.DATA_DIR / masked, result.spans())
    levels(
        settings.DATA_DIR / masked
    )  # measured here, so that the first look at the page does not wait for it
    Recording.objects.filter(pk=recording.pk).update(original_path=original, masked_path=masked)


def _piece(recording: Recording, chunk: Chunk) -> Piece:
    chunk.recording = recording  # it knows when the call was answered, without another query
    if chunk.codec == ChunkCodec.OPUS:
        return Piece(chunk.offset_ms(), chunk.file())
    try:
        return Piece(chunk.offset_ms(), opus_packets(decode(chunk.file(), rate=OPUS_RATE)))
    except DecodeError:
        return Piece(chunk.offset_ms(), [])


def _publish(call: Call, transcript: CallTranscript, engine: SpeechEngine, result: _Result) -> None:
    with transaction.atomic():
        Utterance.objects.filter(call=call, source=Source.OFFLINE).delete()
        Utterance.objects.bulk_create(result.utterances)
        won = transcript.settle(
            result.state,
            progress=100,
            engine=engine.provenance.engine,
            engine_model=engine.provenance.model,
            finished_at=timezone.now(),
        )
        if not won:
            raise LeaseLost
        if Chunk.objects.filter(recording__call=call).exclude(pk__in=result.chunk_ids).exists():
            raise _Late
        Remask.objects.ask_if_changed_since(min((u.masked_at for u in result.utterances), default=None))
        events.emit(call, "transcript-ready", {})


def _wait_for_model(call: Call, transcript: CallTranscript) -> None:
    """The recording is kept, and nothing of it is played: what was not heard cannot be masked."""
    if transcript.settle(TranscriptState.WAITING_MODEL):
        tell_captions(call, Availability(False, NO_MODEL))


def _start_again(transcript: CallTranscript) -> None:
    transcript.state = TranscriptState.PROCESSING
    transcript.settle(TranscriptState.PENDING)
    raise NotSettled


def _renew(transcript: CallTranscript, progress: int) -> None:
    if not transcript.renew(progress):
        raise LeaseLost
