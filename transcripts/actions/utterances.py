"""What an engine heard becomes rows: masked at once, times counted from the agent's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calls.models import Chunk
from transcripts.engines.base import Provenance
from transcripts.engines.words import Segment, Word
from transcripts.indexing import index_text
from transcripts.masking.audio import word_times
from transcripts.masking.kinds import PROFANITY
from transcripts.masking.mask import Mask
from transcripts.masking.spans import Span
from transcripts.masking.unsure import unsure
from transcripts.models import Source, Utterance
from transcripts.tone.tone import tone
from transcripts.vocabulary import Rules, rules

MAX_TEXT = 10_000
"""Letters of one utterance: far more than anybody says in the 28 seconds that a recogniser hears at once."""


def build(
    chunk: Chunk,
    segment: Segment,
    *,
    source: Source,
    position: int,
    language: str,
    provenance: Provenance,
    by: Rules | None = None,
) -> Utterance:
    """An unsaved utterance. Times of `segment` count from the agent's answer; what was before it is at 0.

    `by` spares the look at the rules' version to who builds many.
    """
    by = by or rules(chunk.recording.call.queue_id)
    text = storable(segment.text)
    start_ms, end_ms = max(0, segment.start_ms), max(0, segment.end_ms)
    masked_text, masks = mask(text, segment.words, start_ms, end_ms, by)
    return Utterance(
        call_id=chunk.recording.call_id,
        participant_id=chunk.recording.participant_id,
        chunk=chunk,
        source=source,
        position=position,
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        masked_text=masked_text,
        masks=masks,
        search_text=index_text(masked_text, masks),
        words=[[storable(w.text), max(0, w.start_ms), max(0, w.end_ms), w.confidence] for w in segment.words],
        language=language[:2],
        confidence=segment.confidence,
        engine=provenance.engine,
        engine_model=provenance.model,
        unsure=unsure_words(text, segment.words, masks),
        tone=tone_of(text, language, masks),
    )


def mask(
    text: str, words: Sequence[Word], start_ms: int, end_ms: int, by: Rules, more: Sequence[Span] = ()
) -> tuple[str, list[dict[str, Any]]]:
    """What everybody may see of an utterance, and its masks as they are stored. `more` is what its neighbours tell."""
    hidden = by.mask(text, more)
    return hidden.text, [_mask(each, text, words, start_ms, end_ms) for each in hidden.masks]


def tone_of(text: str, language: str, masks: Sequence[dict[str, Any]]) -> float | None:
    """-1 to 1, from the words as they were said: an insult that is hidden still tells how it was said."""
    return tone(text, language, insults=sum(each["kind"] == PROFANITY for each in masks))


def unsure_words(text: str, words: Sequence[Word], masks: Sequence[dict[str, Any]]) -> list[tuple[int, int]]:
    """Places in the masked text that the recogniser doubts."""
    hidden = [(each["source_start"], each["source_end"], each["start"], each["end"]) for each in masks]
    return unsure(text, words, hidden)


def storable(text: str) -> str:
    """What both databases take: PostgreSQL refuses NUL, and nobody can encode half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")[:MAX_TEXT]


def _mask(mask: Mask, text: str, words: Sequence[Word], start_ms: int, end_ms: int) -> dict[str, Any]:
    spoken = word_times(text, words, mask.source, end_ms)
    return {
        "start": mask.start,
        "end": mask.end,
        "kind": mask.kind,
        "severity": mask.severity,
        # Without word times the whole utterance is hidden: too much rather than too little.
        "start_ms": max(0, spoken.start_ms if spoken else start_ms),
        "end_ms": max(0, spoken.end_ms if spoken else end_ms),
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
