"""What an engine heard becomes rows: masked at once, times counted from the agent's answer."""

from __future__ import annotations

from typing import Any

from calls.models import Chunk
from transcripts.engines.base import Provenance
from transcripts.engines.words import Segment
from transcripts.masking.audio import word_times
from transcripts.masking.mask import Mask
from transcripts.models import Source, Utterance
from transcripts.vocabulary import masked


def build(
    chunk: Chunk, segment: Segment, *, source: Source, position: int, language: str, provenance: Provenance
) -> Utterance:
    """An unsaved utterance. Times of `segment` count from the agent's answer; what was before it is at 0."""
    hidden = masked(segment.text, chunk.recording.call.queue_id)
    return Utterance(
        call_id=chunk.recording.call_id,
        participant_id=chunk.recording.participant_id,
        chunk=chunk,
        source=source,
        position=position,
        start_ms=max(0, segment.start_ms),
        end_ms=max(0, segment.end_ms),
        text=segment.text,
        masked_text=hidden.text,
        masks=[_mask(mask, segment) for mask in hidden.masks],
        words=[[w.text, max(0, w.start_ms), max(0, w.end_ms), w.confidence] for w in segment.words],
        language=language[:2],
        confidence=segment.confidence,
        engine=provenance.engine,
        engine_model=provenance.model,
    )


def _mask(mask: Mask, segment: Segment) -> dict[str, Any]:
    spoken = word_times(segment.text, segment.words, mask.source, segment.end_ms)
    return {
        "start": mask.start,
        "end": mask.end,
        "kind": mask.kind,
        "severity": mask.severity,
        # Without word times the whole utterance is hidden: too much rather than too little.
        "start_ms": max(0, spoken.start_ms if spoken else segment.start_ms),
        "end_ms": max(0, spoken.end_ms if spoken else segment.end_ms),
        "source_start": mask.source.start,
        "source_end": mask.source.end,
    }


def caption(utterance: Utterance) -> dict[str, Any]:
    """The payload of a `caption` event: masked text only."""
    return {
        "utteranceId": utterance.pk,
        "peerId": str(utterance.participant_id),
        "role": utterance.participant.role,
        "text": utterance.masked_text,
        "masks": utterance.public_masks(),
        "startMs": utterance.start_ms,
        "endMs": utterance.end_ms,
        "language": utterance.language,
        "source": utterance.source,
    }
