"""Which words of a masked text a recogniser was not sure of: places in the masked text, never words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transcripts.engines.words import Word
from transcripts.masking.audio import word_places

UNSURE_BELOW = 0.5
"""Confidence (0 to 1) under which a word is as likely wrong as right."""

Stretch = tuple[int, int, int, int]
"""A hidden stretch: its start and end in the original text, then in the masked one."""


def unsure(text: str, words: Sequence[Word], hidden: Iterable[Stretch]) -> list[tuple[int, int]]:
    """(start, end) of each unsure word in the masked text, in order. What touches a hidden stretch is left out."""
    stretches = sorted(hidden)
    places = zip(words, word_places(text, words), strict=True)
    doubtful = [
        (start, end) for word, (start, end) in places if word.confidence < UNSURE_BELOW and start < end
    ]
    return [
        (start + moved, end + moved)
        for start, end in doubtful
        if not any(first < end and start < last for first, last, _, _ in stretches)
        for moved in (_moved(start, stretches),)
    ]


def _moved(place: int, stretches: Sequence[Stretch]) -> int:
    """How much further on a place of the original text stands in the masked one."""
    before = [cover_end - last for _, last, _, cover_end in stretches if last <= place]
    return before[-1] if before else 0
