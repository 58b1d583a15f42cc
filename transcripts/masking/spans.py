"""What every finder gives: a stretch of the text that is to be hidden."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """original[start:end] is to be hidden; `severity` is 1 to 3, and 0 for personal data."""

    start: int
    end: int
    kind: str
    severity: int
