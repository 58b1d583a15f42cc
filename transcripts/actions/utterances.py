"""What an engine heard becomes rows: masked at once, times counted from the agent's answer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.utils import timezone

from calls.models import Chunk
from transcripts.engines.base import Provenance
from transcripts.engines.words import Segment, Word
from transcripts.masking.audio import word_times
from transcripts.masking.mask import Mask
from transcripts.models import Source, Utterance
from transcripts.vocabulary import masked

# PostgreSQL stores no NUL, no database a lone surrogate; more than this no person says in one breath.
MOST_CHARACTERS = 20_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def build(
    chunk: Chunk, segment: Segment, *, source: Source, position: int, language: str, provenance: Provenance
) -> Utterance:
    """An unsaved utterance. Times of `segment` count from the agent's answer; what was before it is at 0.

    `masked_at` is the moment before the rules were read: a change of rules after it makes a run look again.
    """
    segment, now = storable(segment), timezone.now()
    return Utterance(
        call_id=chunk.recording.call_id,
        participant_id=chunk.recording.participant_id,
        chunk=chunk,
        source=source,
        position=position,
        start_ms=max(0, segment.start_ms),
        end_ms=max(0, segment.end_ms),
        text=segment.text,
        words=[[w.text, max(0, w.start_ms), max(0, w.end_ms), w.confidence] for w in segment.words],
        language=language[:2],
        confidence=segment.confidence,
        engine=provenance.engine,
        engine_model=provenance.model,
        masked_at=now,
        **mask_fields(segment, chunk.recording.call.queue_id),
    )


def mask_fields(segment: Segment, queue_id: int | None) -> dict[str, Any]:
    """`masked_text` and `masks` of what was said, by the rules of its queue as they are now."""
    hidden = masked(segment.text, queue_id)
    return {"masked_text": hidden.text, "masks": [_mask(mask, segment) for mask in hidden.masks]}


def segment_of(
    text: str, words: list[list[Any]], start_ms: int, end_ms: int, confidence: float = 0.0
) -> Segment:
    """What was heard, from the columns of its row."""
    return Segment(text, start_ms, end_ms, confidence, tuple(Word(*word) for word in words))


def search_text(masked_text: str) -> str:
    """What the search index holds of a masked text. The only place that a masking run asks."""
    return masked_text


def storable(segment: Segment) -> Segment:
    """A model may write anything: what no database takes becomes a mark, what is endless is cut."""
    text = _clean(segment.text)
    words = tuple(replace(word, text=_clean(word.text)) for word in segment.words)
    return replace(segment, text=text, words=words)


def _clean(text: str) -> str:
    return UNSTORABLE.sub("\ufffd", text[:MOST_CHARACTERS])


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
