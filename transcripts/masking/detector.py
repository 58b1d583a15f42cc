"""Everything that is hidden, found at once: abuse and personal data, without overlaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from transcripts.masking.kinds import ALL_PERSONAL_DATA, PROFANITY
from transcripts.masking.lexicon import Lexicon
from transcripts.masking.matcher import Matcher
from transcripts.masking.normalise import units
from transcripts.masking.personal.finder import PersonalDataFinder
from transcripts.masking.spans import Span


class Detector:
    """Built once from a lexicon, used by any number of threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = Matcher(lexicon)
        self._personal = PersonalDataFinder()

    def find(
        self, text: str, kinds: Collection[str] = ALL_PERSONAL_DATA, min_severity: int = 1
    ) -> list[Span]:
        """Spans in order, in characters of `text` as given: personal data of `kinds`, words from
        `min_severity` (1 coarse, 2 insulting, 3 grave; 4 hides none).
        """
        row = units(text)
        personal = self._personal.find_in(text, row, kinds)
        words = [span for span in self._words.find_in(row) if span.severity >= min_severity]
        return _without_overlaps(words, personal)


def with_more(spans: list[Span], more: Iterable[Span]) -> list[Span]:
    """`spans` of a text and more personal data of it, as one list without overlaps."""
    words = [span for span in spans if span.kind == PROFANITY]
    return _without_overlaps(words, _united([*(span for span in spans if span.kind != PROFANITY), *more]))


def _united(spans: list[Span]) -> list[Span]:
    """Those that overlap made one, which bears the kind of the longest."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start < out[-1].end:
            before = out.pop()
            longest = max(before, span, key=lambda each: each.end - each.start)
            span = Span(before.start, max(before.end, span.end), longest.kind, longest.severity)
        out.append(span)
    return out


def _without_overlaps(words: list[Span], personal: list[Span]) -> list[Span]:
    """Personal data swallows the words inside it; of a word that sticks out, what sticks out stays."""
    out = list(personal)
    for word in words:
        out += _outside(word, personal)
    return sorted(out)


def _outside(word: Span, personal: list[Span]) -> list[Span]:
    parts, start = [], word.start
    for span in personal:
        if span.end <= start or span.start >= word.end:
            continue
        if span.start > start:
            parts.append(Span(start, span.start, word.kind, word.severity))
        start = max(start, span.end)
    if start < word.end:
        parts.append(Span(start, word.end, word.kind, word.severity))
    return parts
