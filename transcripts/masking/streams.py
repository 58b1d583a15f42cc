"""The ways of reading a text that Korean evasions call for; each keeps the way back to the units."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from transcripts.masking import syllables
from transcripts.masking.normalise import Kind, Unit

HANGUL = frozenset({Kind.HANGUL})
LETTERS = frozenset({Kind.HANGUL, Kind.JAMO})
WRITTEN = frozenset({Kind.HANGUL, Kind.JAMO, Kind.DIGIT, Kind.LATIN})

# More foreign signs than this between two syllables is another sentence, not an evasion.
MAX_FOREIGN = 3
MAX_SIGNS = 8
# Longer than any particle or prefix: nobody needs to look further from an element.
NEAR = 12
STARS = "*○◯×✕"


class Gap(Enum):
    """What lies between an element and the one before it."""

    NONE = auto()  # they touch
    SIGN = auto()  # symbols, a digit, a stray letter
    SPACE = auto()
    HARD = auto()  # too much to be one word; also the start of the text


@dataclass(slots=True)
class Stream:
    """Elements in order. `first` and `last` are the units that each one covers; `altered` marks changed
    ones.
    """

    chars: str = ""
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    after_digit: list[bool] = field(default_factory=list)
    altered: list[bool] = field(default_factory=list)

    def add(self, char: str, first: int, last: int, *, units: list[Unit], altered: bool = False) -> None:
        previous = self.last[-1] if self.last else None
        self.chars += char
        self.first.append(first)
        self.last.append(last)
        self.gaps.append(_gap(units, previous, first))
        self.after_digit.append(first > 0 and units[first - 1].kind is Kind.DIGIT)
        self.altered.append(altered)

    def replace_last(self, char: str, last: int) -> None:
        self.chars = self.chars[:-1] + char
        self.last[-1] = last
        self.altered[-1] = True

    def is_altered(self, start: int, end: int) -> bool:
        return any(self.altered[start : end + 1])

    def piece_before(self, start: int) -> str:
        """What touches the element on its left, as far as it can matter."""
        begin = start
        while begin > max(0, start - NEAR) and self.gaps[begin] is Gap.NONE:
            begin -= 1
        return self.chars[begin:start]

    def piece_after(self, end: int) -> str:
        """What touches the element on its right, as far as it can matter."""
        stop = end + 1
        while stop < min(len(self.chars), end + NEAR) and self.gaps[stop] is Gap.NONE:
            stop += 1
        return self.chars[end + 1 : stop]


def streams(units: list[Unit]) -> list[Stream]:
    """As written first; then without what is commonly put in between."""
    return [
        _only(units, WRITTEN),
        _only(units, LETTERS),
        _only(units, HANGUL),
        _closed(units),
        _composed(units),
        _starred(units),
    ]


def _only(units: list[Unit], kinds: frozenset[Kind]) -> Stream:
    stream = Stream()
    for index, unit in enumerate(units):
        if unit.kind in kinds:
            stream.add(unit.char, index, index, units=units)
    return stream


def _closed(units: list[Unit]) -> Stream:
    """Drawn-out vowels closed: 씨이이발 is 씨발, 병시인 is 병신. A syllable said three times counts once: 씨발발발."""
    stream = Stream()
    for index, unit in enumerate(units):
        if unit.kind is not Kind.HANGUL:
            continue
        near = stream.chars and _gap(units, stream.last[-1], index) in (Gap.NONE, Gap.SIGN)
        if near and syllables.continues(stream.chars[-1], unit.char):
            stream.replace_last(syllables.drawn_together(stream.chars[-1], unit.char), index)
        elif near and unit.char == stream.chars[-1] and _stammers(units, index):
            stream.replace_last(unit.char, index)
        else:
            stream.add(unit.char, index, index, units=units)
    return stream


def _stammers(units: list[Unit], index: int) -> bool:
    """Whether a syllable is one of three or more in a row."""
    char = units[index].char
    around = "".join(unit.char for unit in units[max(0, index - 2) : index + 3])
    return char * 3 in around


def _composed(units: list[Unit]) -> Stream:
    """Typed letters composed: ㅅㅣㅂㅏㄹ is 시발, 병시ㄴ is 병신."""
    stream = Stream()
    index = 0
    while index < len(units):
        size = _letters_of_syllable(units, index)
        if size:
            stream.add(
                _syllable(units[index : index + size]), index, index + size - 1, units=units, altered=True
            )
        elif _closes(stream, units, index):
            onset, vowel, _ = syllables.split(stream.chars[-1])
            stream.replace_last(syllables.join(onset, vowel, units[index].char), index)
        elif units[index].kind in LETTERS:
            stream.add(units[index].char, index, index, units=units)
        index += max(size, 1)
    return stream


def _starred(units: list[Unit]) -> Stream:
    """Stars read as the x that stands for a syllable nobody wanted to write: 개*끼 and 개**끼 are 개x끼."""
    stream = Stream()
    if not any(unit.char in STARS for unit in units):
        return stream
    for index, unit in enumerate(units):
        if unit.char in STARS and index > 0 and units[index - 1].char in STARS:
            stream.last[-1] = index
        elif unit.kind in WRITTEN or unit.char in STARS:
            stream.add("x" if unit.char in STARS else unit.char, index, index, units=units)
    return stream


def _letters_of_syllable(units: list[Unit], index: int) -> int:
    """How many letters from here make a syllable: 2, 3 or 0."""
    if not (_is(units, index, syllables.ONSETS) and _is(units, index + 1, syllables.VOWELS)):
        return 0
    has_coda = _is(units, index + 2, syllables.CODAS) and not _is(units, index + 3, syllables.VOWELS)
    return 3 if has_coda else 2


def _is(units: list[Unit], index: int, letters: str) -> bool:
    return index < len(units) and units[index].char in letters and units[index].kind is Kind.JAMO


def _syllable(letters: list[Unit]) -> str:
    return syllables.join(*(unit.char for unit in letters))


def _closes(stream: Stream, units: list[Unit], index: int) -> bool:
    """Whether a lone consonant is the coda of the open syllable that it touches."""
    if not (stream.chars and _is(units, index, syllables.CODAS) and stream.last[-1] == index - 1):
        return False
    before = stream.chars[-1]
    return syllables.is_syllable(before) and syllables.split(before)[2] == " "


def _gap(units: list[Unit], previous: int | None, index: int) -> Gap:
    if previous is None:
        return Gap.HARD
    between = units[previous + 1 : index]
    if not between:
        return Gap.NONE
    return _gap_of(between)


def _gap_of(between: list[Unit]) -> Gap:
    foreign = sum(unit.kind in (Kind.LATIN, Kind.DIGIT) for unit in between)
    spaced = any(unit.kind is Kind.SPACE for unit in between)
    asks = any(unit.char in "?!\n" for unit in between)
    if foreign > MAX_FOREIGN or len(between) > MAX_SIGNS or (spaced and (foreign or asks)):
        return Gap.HARD
    return Gap.SPACE if spaced else Gap.SIGN
