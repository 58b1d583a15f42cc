"""What the matchers of both languages give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from transcripts.masking.lexicon import Entry


@dataclass(frozen=True, slots=True)
class Hit:
    """Units [first, last], both included, that are a form of the entry's term."""

    first: int
    last: int
    entry: Entry


class Exceptions:
    """Ranges of units, both ends included, that are harmless; asking is one look, however many there are."""

    def __init__(self, size: int, ranges: Iterable[tuple[int, int]]) -> None:
        self._end_of = [-1] * size
        for first, last in ranges:
            self._end_of[first] = max(self._end_of[first], last)
        self._reach = list(accumulate(self._end_of, max))

    def hold(self, hit: Hit) -> bool:
        """Whether a range holds all of the hit."""
        return self._reach[hit.first] >= hit.last

    def run_into(self, hit: Hit) -> bool:
        """Whether a range that begins before the hit reaches into it."""
        return hit.first > 0 and self._reach[hit.first - 1] >= hit.first
