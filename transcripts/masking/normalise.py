"""Text as a row of units: one comparable character each, with its place in the original text.

Everything that the matchers say is said in units and translated back, so that a span always points into the
text as it was given, whatever its spelling (decomposed Hangul, full-width letters, invisible characters).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    HANGUL = auto()  # a composed syllable
    JAMO = auto()  # a stand-alone letter such as ㅅ
    LATIN = auto()
    DIGIT = auto()
    SPACE = auto()
    SYMBOL = auto()


@dataclass(frozen=True, slots=True)
class Unit:
    """`char` stands for original[start:end]."""

    char: str
    start: int
    end: int
    kind: Kind


# Cyrillic and Greek letters that look Latin.
LOOK_ALIKES = str.maketrans("аеосрхукѕіјтвнмαοεικ", "aeocpxyksijtbhmaoeik")
INVISIBLE = {"Cf", "Mn", "Me", "Cc"}


def units(text: str) -> list[Unit]:
    """The visible units of a text, in order."""
    out: list[Unit] = []
    position = 0
    while position < len(text):
        end = _cluster_end(text, position)
        char = _char(text[position:end])
        if char:
            out.append(Unit(char, position, end, _kind(char)))
        position = end
    return out


def _cluster_end(text: str, position: int) -> int:
    """The end of a decomposed syllable (leading, vowel, trailing), or of one character."""
    end = position + 1
    if "\u1100" <= text[position] <= "\u1112" and _is_between(text, end, "\u1161", "\u1175"):
        end += 1
        if _is_between(text, end, "\u11a8", "\u11c2"):
            end += 1
    return end


def _is_between(text: str, position: int, low: str, high: str) -> bool:
    return position < len(text) and low <= text[position] <= high


def _char(cluster: str) -> str:
    """The comparable form of a cluster: composed, half-width, unaccented, lower case; "" if it is
    invisible.
    """
    char = unicodedata.normalize("NFC", cluster)
    if _is_jamo(char) or _is_syllable(char):
        return char
    if char[0].isspace():
        return " "
    if unicodedata.category(char[0]) in INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKD", char)[0].lower()[0]
    return plain.translate(LOOK_ALIKES)


def _kind(char: str) -> Kind:
    if _is_syllable(char):
        return Kind.HANGUL
    if _is_jamo(char):
        return Kind.JAMO
    if "a" <= char <= "z":
        return Kind.LATIN
    if char.isdigit():
        return Kind.DIGIT
    return Kind.SPACE if char == " " else Kind.SYMBOL


def _is_syllable(char: str) -> bool:
    return "가" <= char <= "힣"


def _is_jamo(char: str) -> bool:
    return "\u3131" <= char <= "\u3163"
