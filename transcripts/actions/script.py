"""The assistant's side is not heard by a recogniser: what it said is known. Its lines become segments."""

from __future__ import annotations

from calls.models import Chunk
from calls.models.call import ParticipantRole
from transcripts.engines.base import Provenance, SpeechError
from transcripts.engines.words import Segment, Transcription
from transcripts.models import LineOutcome, SpokenLine

PROVENANCE = Provenance("assistant", "script", "1")


class NotTold(SpeechError):
    """The sound is here before the word of what became of the sentence."""

    code = "not_told"
    retry = True


def is_scripted(chunk: Chunk) -> bool:
    return chunk.recording.participant.role == ParticipantRole.ASSISTANT


def spoken(chunk: Chunk, *, wait: bool = True) -> Transcription:
    """What was said in this piece of sound: a line belongs to the chunk in which it ends. Raises NotTold, to `wait`."""
    call = chunk.recording.call
    until = chunk.started_ms + chunk.duration_ms
    answered_ms = chunk.started_ms - chunk.offset_ms()
    segments = []
    for line in SpokenLine.objects.filter(call=call, started_ms__lt=until).order_by("started_ms"):
        start = line.started_ms or 0
        if wait and line.outcome == LineOutcome.PENDING and start + line.ms <= until:
            raise NotTold
        end = start + (line.heard_ms or line.ms)
        if line.outcome != LineOutcome.PENDING and chunk.started_ms <= end < until and line.heard_text():
            segments.append(Segment(line.heard_text(), start - answered_ms, end - answered_ms, 1.0))
    return Transcription(call.language if segments else "", tuple(segments))
