"""One door for both languages: text in, spans of the original text out."""

from __future__ import annotations

from transcripts.masking.english import EnglishMatcher
from transcripts.masking.korean import KoreanMatcher
from transcripts.masking.lexicon import Lexicon
from transcripts.masking.normalise import Unit, units
from transcripts.masking.spans import Span

__all__ = ["Matcher", "Span"]


class Matcher:
    """Built once from a lexicon; finding is a fraction of a millisecond per sentence.

    Both languages are always looked for: people mix them, and a call's language may be set wrongly.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._korean = KoreanMatcher(lexicon)
        self._english = EnglishMatcher(lexicon)

    def find(self, text: str) -> list[Span]:
        """Spans in order, not overlapping, in characters of `text` as given."""
        return self.find_in(units(text))

    def find_in(self, row: list[Unit]) -> list[Span]:
        """The same for a text whose units are known."""
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
