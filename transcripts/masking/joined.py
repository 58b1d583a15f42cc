"""Numbers that a speaker breaks over several utterances: 공일공 일이삼사, a breath, 오육칠팔이요.

The first half cannot be known before the second has come. Then the utterances are read as one text, and what of a number lies
in each of them is hidden there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from transcripts.masking.kinds import PROFANITY, PersonalData
from transcripts.masking.personal.digits import DIGIT, GAP, WORDS
from transcripts.masking.spans import Span

MOST = 6
"""Utterances of one number: a card in groups of four, and a breath too many."""
NOT_NUMBERS = {PROFANITY, PersonalData.EMAIL, PersonalData.ADDRESS}
LEAD = re.compile(
    r"(?:\s|[,.…]|(?:네|넵|예|응|음+|어+|아+|그|저|저기|그리고|(?:그 ?)?다음에?"
    r"|yes|yeah|ok|okay|and|then|um+|uh+|er)(?![가-힣a-z]))*",
    re.IGNORECASE,
)
"""What people say before they go on with a number."""
TAIL = re.compile(r"(?:(?:이고|이구|이|고|구)요?|하고요?|요|and|then)?[\s,.…~-]*$", re.IGNORECASE)
"""What people say to show that a number goes on."""
ENDS = re.compile(rf"{DIGIT}(?:{GAP}|(?:{WORDS})[\s,.…~-]*)$", re.IGNORECASE)
BEGINS = re.compile(rf"(?:{GAP}){DIGIT}", re.IGNORECASE)

Find = Callable[[str], list[Span]]


@dataclass(frozen=True, slots=True)
class _Part:
    """text[start:end] of one utterance, as it stands in the joined text from `at` on."""

    start: int
    end: int
    at: int

    def inside(self, span: Span) -> Span | None:
        start, end = max(span.start - self.at, 0), min(span.end - self.at, self.end - self.start)
        return Span(self.start + start, self.start + end, span.kind, span.severity) if start < end else None


def across(texts: Sequence[str], find: Find) -> list[list[Span]]:
    """For each of a speaker's neighbouring utterances what of it belongs to a number that goes over its border."""
    found: list[list[Span]] = [[] for _ in texts]
    for chain in _chains(texts):
        for trimmed in (False, True):
            _search(texts, chain, trimmed, find, found)
    return found


def goes_on(text: str, following: str) -> bool:
    """Whether the digits at the end of a text may go on in the next one."""
    return _ends_in_digits(text) and bool(BEGINS.match(following, _lead(following)))


def _chains(texts: Sequence[str]) -> Iterator[range]:
    first = 0
    for place in range(1, len(texts) + 1):
        if place == len(texts) or place - first == MOST or not goes_on(texts[place - 1], texts[place]):
            if place - first > 1:
                yield range(first, place)
            first = place


def _ends_in_digits(text: str) -> bool:
    return any(ENDS.search(end) for end in (text[-40:], text[: _tail(text)][-40:]))


def _lead(text: str) -> int:
    match = LEAD.match(text)
    return match.end() if match else 0


def _tail(text: str) -> int:
    match = TAIL.search(text)
    return match.start() if match else len(text)


def _search(texts: Sequence[str], chain: range, trimmed: bool, find: Find, found: list[list[Span]]) -> None:
    """Add what crosses a border and was not found before."""
    joined, parts = _joined([texts[place] for place in chain], trimmed)
    for span in find(joined):
        pieces = [part.inside(span) for part in parts]
        if span.kind in NOT_NUMBERS or sum(piece is not None for piece in pieces) < 2:
            continue
        if not any(_touches(piece, found[place]) for place, piece in zip(chain, pieces, strict=True)):
            for place, piece in zip(chain, pieces, strict=True):
                found[place] += [piece] if piece else []


def _joined(texts: Sequence[str], trimmed: bool) -> tuple[str, list[_Part]]:
    """The texts as one, without what people say between the halves of a number."""
    line, parts = "", []
    for place, text in enumerate(texts):
        start = _lead(text) if place else 0
        end = _tail(text) if trimmed and place < len(texts) - 1 else len(text)
        line += " " if place else ""
        parts.append(_Part(start, max(start, end), len(line)))
        line += text[start:end]
    return line, parts


def _touches(piece: Span | None, others: Sequence[Span]) -> bool:
    return piece is not None and any(piece.start < other.end and other.start < piece.end for other in others)
