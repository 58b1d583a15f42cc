"""What the search index holds of a masked text, and where a query stands in it.

Every Hangul syllable is written as exactly three conjoining letters (initial, vowel, final or a filler), everything else
in lower case. So a trigram index, which knows nothing shorter than three letters, finds one syllable (네) as well as four,
and never half of one: the three positions use different letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

SYLLABLES = range(0xAC00, 0xD7A4)
INITIAL, VOWEL, FINAL = 0x1100, 0x1161, 0x11A7
"""First code points; a final of 0 is U+11A7, which no text has there: the filler."""
VOWELS, FINALS = 21, 28
LEAST = 3
"""Letters of the index that a query needs: one syllable of Korean, three letters of English."""
SPACES = re.compile(r"\s+")


def index_text(masked_text: str, masks: Iterable[dict[str, Any]] = ()) -> str:
    """The searchable form of a text. What stands for hidden words is left out: it must not be found."""
    parts, at = [], 0
    for mask in sorted(masks, key=lambda each: int(each["start"])):
        parts.append(masked_text[at : mask["start"]])
        at = mask["end"]
    plain = " ".join([*parts, masked_text[at:]])
    return SPACES.sub(
        " ", "".join(code for _place, code in _codes(unicodedata.normalize("NFC", plain)))
    ).strip()


def terms(query: str) -> list[str]:
    """The words of a query in the form of the index. Those too short for it are left out."""
    words = unicodedata.normalize("NFC", query).split()
    coded = ("".join(code for _place, code in _codes(word)) for word in words)
    return [code for code in dict.fromkeys(coded) if len(code) >= LEAST]


def places(text: str, wanted: Iterable[str]) -> list[tuple[int, int]]:
    """Where the terms stand in `text`, as (start, end) in its characters, in order, not overlapping."""
    codes = [(place, letter) for place, code in _codes(text) for letter in code]
    line = "".join(letter for _place, letter in codes)
    found: list[tuple[int, int]] = []
    for term in wanted:
        at = line.find(term)
        while at >= 0:
            found.append((codes[at][0], codes[at + len(term) - 1][0] + 1))
            at = line.find(term, at + len(term))
    return list(_apart(sorted(found)))


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    end = 0
    for start, stop in spans:
        if stop > end:
            yield max(start, end), stop
            end = stop


def _codes(text: str) -> Iterator[tuple[int, str]]:
    """(place in the text, letters of the index) of each character."""
    for place, char in enumerate(text):
        number = ord(char)
        if number in SYLLABLES:
            yield place, _syllable(number - SYLLABLES.start)
        else:
            yield place, unicodedata.normalize("NFKC", char).casefold()


def _syllable(number: int) -> str:
    rest, final = divmod(number, FINALS)
    initial, vowel = divmod(rest, VOWELS)
    return chr(INITIAL + initial) + chr(VOWEL + vowel) + chr(FINAL + final)
