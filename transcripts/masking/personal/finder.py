"""One door to all personal data: text in, spans of the original text out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from transcripts.masking.kinds import ALL_PERSONAL_DATA, PersonalData
from transcripts.masking.normalise import Unit, units
from transcripts.masking.personal import address, digits, email, numbers
from transcripts.masking.spans import Span

# Without some of these there is no number to be found.
DIGIT_LIKE = re.compile(
    r"\d|[공영빵일이삼사오육륙칠팔구둘셋넷]|하나|다섯|여섯|zero|one|two|three|four|five|six|seven|eight|"
    r"nine|double|triple|ty"
)
LEAST_DIGITS = 3
AT_LIKE = re.compile(r"@|골뱅이|골벵이|앳|엣| at |\(at\)|\[at\]")
PLACE_LIKE = re.compile(
    r"[로길동리가] ?[\d일이삼사오육칠팔구십백천]|[\d일이삼사오육칠팔구십백천](?:호|번지)|"
    r"[- ]?(?:ro|gil|daero|dong)(?![a-z])|"
    r"street|avenue|road|lane|drive|court|place|way|close|square|boulevard|terrace|gardens|crescent| st|"
    r" rd| ave|"
    r"grove|row|park|hill|highway|circle|walk|mews| box |post ?code|address|zip"
)


class PersonalDataFinder:
    """Holds nothing: patterns are module constants. Finding is linear in the length of the text."""

    def find(self, text: str, kinds: Collection[str] | None = None) -> list[Span]:
        """Spans in order, not overlapping, in characters of `text`; `kinds` None means all of them."""
        return self.find_in(text, units(text), ALL_PERSONAL_DATA if kinds is None else kinds)

    def find_in(self, text: str, row: list[Unit], kinds: Collection[str]) -> list[Span]:
        """The same for a text whose units are known."""
        if not kinds:
            return []
        line = "".join(unit.char for unit in row)
        found = sorted(_found(line, text, row), key=lambda span: (span[0], -span[1]))
        return [
            Span(row[first].start, row[last].end, kind, 0)
            for first, last, kind in _apart(found)
            if kind in kinds
        ]


def _found(line: str, text: str, row: list[Unit]) -> Iterator[tuple[int, int, str]]:
    """(first unit, last unit, kind)."""
    if len(DIGIT_LIKE.findall(line)) >= LEAST_DIGITS:
        yield from _numbers(line)
    if AT_LIKE.search(line):
        yield from ((start, end - 1, PersonalData.EMAIL) for start, end in email.find(line))
    if PLACE_LIKE.search(line):
        original = "".join(text[unit.start] for unit in row)
        for start, end in address.find(line, original):
            yield start, end - 1, PersonalData.ADDRESS


def _numbers(line: str) -> Iterator[tuple[int, int, str]]:
    """The numbers of all readings; where two disagree, the one of a usual length, else the shorter reading."""
    taken = bytearray(len(line))
    ranked: list[tuple[bool, int, tuple[int, int, str]]] = []
    for order, reading in enumerate(digits.readings(line)):
        for start, end, kind in numbers.find(reading.text):
            find = (reading.first[start], reading.last[end - 1], kind)
            ranked.append((not numbers.is_usual(kind, reading.text[start:end]), -order, find))
    for _, _, (first, last, kind) in sorted(ranked):
        if not any(taken[first : last + 1]):
            taken[first : last + 1] = b"\1" * (last + 1 - first)
            yield first, last, kind


def _apart(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Overlapping finds made one; it bears the kind of the longest."""
    out: list[tuple[int, int, str]] = []
    for find in found:
        if out and find[0] <= out[-1][1]:
            before = out.pop()
            longest = max(before, find, key=lambda f: f[1] - f[0])
            find = (before[0], max(before[1], find[1]), longest[2])
        out.append(find)
    return out
