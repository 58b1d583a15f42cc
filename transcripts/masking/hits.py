"""What the matchers of both languages give."""

from __future__ import annotations

from dataclasses import dataclass

from transcripts.masking.lexicon import Entry


@dataclass(frozen=True, slots=True)
class Hit:
    """Units [first, last], both included, that are a form of the entry's term."""

    first: int
    last: int
    entry: Entry
