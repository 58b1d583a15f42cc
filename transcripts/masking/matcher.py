"""One door for both languages: text in, spans of the original text out."""

from __future__ import annotations

from dataclasses import dataclass

from transcripts.masking.english import EnglishMatcher
from transcripts.masking.korean import KoreanMatcher
from transcripts.masking.lexicon import Lexicon
from transcripts.masking.normalise import units


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """original[start:end] is to be hidden; `severity` is 1 to 3."""

    start: int
    end: int
    kind: str
    severity: int


class Matcher:
    """Built once from a lexicon; finding is a fraction of a millisecond per sentence.

    Both languages are always looked for: people mix them, and a call's language may be set wrongly.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._korean = KoreanMatcher(lexicon)
        self._english = EnglishMatcher(lexicon)

    def find(self, text: str) -> list[Span]:
        """Spans in order, not overlapping, in characters of `text` as given."""
        row = units(text)
        hits = [*self._korean.hits(row), *self._english.hits(row)]
        spans = [
            Span(row[hit.first].start, row[hit.last].end, hit.entry.kind, hit.entry.severity) for hit in hits
        ]
        return _merged(sorted(spans))


def _merged(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in spans:
        if out and span.start < out[-1].end:
            last = out.pop()
            span = Span(last.start, max(last.end, span.end), last.kind, max(last.severity, span.severity))
        out.append(span)
    return out
