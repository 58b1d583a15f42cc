"""Numbers as people say them, read as digits: 공일공에 일이삼사 is 010-1234, double five is 55.

The reading is a text of its own, beside the original: patterns look at it, and every character of it knows
the units that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KOREAN = dict(zip("공영빵일이삼사오육륙칠팔구", "0001234566789", strict=True))
KOREAN_WORDS = {
    "하나": "1",
    "둘": "2",
    "셋": "3",
    "넷": "4",
    "다섯": "5",
    "여섯": "6",
    "일곱": "7",
    "여덟": "8",
    "아홉": "9",
    "제로": "0",
}
UNITS = {
    "zero": "0",
    "nought": "0",
    "naught": "0",
    "nil": "0",
    "oh": "0",
    "o": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "niner": "9",
}
TEENS = {
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
TENS = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
HUNDREDS = {"hundred": "00", "thousand": "000"}

_unit = "|".join(sorted(UNITS, key=len, reverse=True))
ENGLISH = (
    rf"(?<![a-z'])(?:(?:{'|'.join(TIMES)})[ -]{{0,2}}(?:{_unit}|\d)"
    rf"|(?:{'|'.join(TENS)})(?:[ -]{{0,2}}(?:{_unit}))?|{'|'.join(TEENS)}"
    rf"|(?:{_unit})(?:[ -]?(?:{'|'.join(HUNDREDS)}))?)(?![a-z'])"
)
DIGIT = rf"(?:\d|[{''.join(KOREAN)}]|하나(?!은행|카드|로)|{'|'.join(list(KOREAN_WORDS)[1:])}|{ENGLISH})"
WORDS = (
    r"에서|에|의|다시|하이픈|하이푼|대시|데시|대쉬|바|짝대기|작대기|빼기|그리고|그 ?다음에?|그담에|음+|"
    r"어+|저기|"
    r"(?<![a-z])(?:dash|hyphen|minus|space|then|and|um+|uh+|er)(?![a-z])"
)
SIGN = r"(?:[\s\-‐‑‒–—−.()~·]|,(?=\s))"
GAP = rf"{SIGN}{{0,4}}(?:(?:{WORDS})(?:{SIGN}|,){{0,3}})?"
CHAIN = re.compile(rf"{DIGIT}(?:{GAP}{DIGIT})*")
PART = re.compile(rf"(?P<digit>{DIGIT})|(?P<gap>(?:{WORDS}|{SIGN}|,)+)")
# What a syllable that is also a digit belongs to when the sentence goes on: 5678이요, 5678구요, 5678일 거예요.
PARTICLE = re.compile(r"이(?=[가-힣 ]|[,.]? )|구(?=요|여|예)|일(?= ?[거까텐걸수겁])")
HYPHENS = "-‐‑‒–—−)"
MIN_DIGITS = 5


@dataclass(slots=True)
class Reading:
    """text[i] came from units first[i] to last[i], both included."""

    text: str = ""
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """`text` stands for line[start:end]."""

    text: str
    start: int
    end: int


def readings(line: str) -> Iterator[Reading]:
    """What the numbers of a line may be: all that sounds like a digit taken as one; then, where the last
    syllables may be a particle, without one and without two of them.
    """
    chains = [match for match in CHAIN.finditer(line) if match.end() - match.start() >= MIN_DIGITS]
    seen: set[tuple[int, ...]] = set()
    for spared in range(3):
        ends = tuple(_end(line, match, spared) for match in chains)
        if ends not in seen:
            seen.add(ends)
            pairs = zip(chains, ends, strict=True)
            yield _read(line, [_pieces(line, match.start(), end) for match, end in pairs])


def _end(line: str, match: re.Match[str], spared: int) -> int:
    """Where a chain ends when its last `spared` syllables are particles: 오육칠팔이요, 오육칠팔이구요."""
    end = match.end()
    if not spared or not PARTICLE.match(line, end - 1):
        return end
    return end - 2 if spared == 2 and line[end - 2 : end] == "이구" else end - 1


def _pieces(line: str, start: int, end: int) -> list[_Piece]:
    """The digits and gaps of one chain; a lone spoken syllable right after written digits is a particle."""
    pieces = []
    for match in PART.finditer(line, start, end):
        text = _digits(match.group()) if match.lastgroup == "digit" else _sign(match.group())
        pieces.append(_Piece(text, match.start(), match.end()))
    if _is_particle(line, pieces):
        pieces.pop()
    return pieces if sum(piece.text.isdigit() for piece in pieces) else []


def _is_particle(line: str, pieces: list[_Piece]) -> bool:
    if len(pieces) < 2:
        return False
    last, before = pieces[-1], pieces[-2]
    return line[last.start] in KOREAN and line[before.start].isdigit() and before.end == last.start


def _digits(word: str) -> str:
    if word in KOREAN:
        return KOREAN[word]
    if word in KOREAN_WORDS:
        return KOREAN_WORDS[word]
    if word.isdigit():
        return str(int(word)) if len(word) == 1 else word
    return _english(re.findall(r"[a-z]+|\d", word))


def _english(words: list[str]) -> str:
    head, rest = words[0], words[1:]
    if head in TIMES:
        return _english(rest) * TIMES[head]
    if head in TENS:
        return TENS[head] + (UNITS[rest[0]] if rest else "0")
    number = TEENS.get(head) or UNITS.get(head) or head
    return number + "".join(HUNDREDS[word] for word in rest)


def _sign(gap: str) -> str:
    bare = gap.strip(" ,\t\n")
    if not bare:
        return " "
    if bare == ".":
        return bare if gap == bare else " "
    return "-"


def _read(line: str, chains: list[list[_Piece]]) -> Reading:
    reading, position = Reading(), 0
    parts: list[str] = []
    for piece in (piece for pieces in chains for piece in pieces):
        _copy(reading, parts, line, position, piece.start)
        parts.append(piece.text)
        reading.first += [piece.start] * len(piece.text)
        reading.last += [piece.end - 1] * len(piece.text)
        position = piece.end
    _copy(reading, parts, line, position, len(line))
    reading.text = "".join(parts)
    return reading


def _copy(reading: Reading, parts: list[str], line: str, start: int, end: int) -> None:
    parts.append(line[start:end])
    reading.first += range(start, end)
    reading.last += range(start, end)
