"""Korean typed while the keyboard is set to English: tlqkf is 시발. Every Korean term is known by its keys, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transcripts.masking import syllables
from transcripts.masking.lexicon import Entry, Match

KEYS = dict(zip("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", "rsefaqtdwczxvg", strict=True))
KEYS |= dict(zip("ㄲㄸㅃㅆㅉ", "reqtw", strict=True))
KEYS |= dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", "koiojpuphynbml", strict=True))
PAIRS = {"ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ"}
PAIRS |= {
    "ㄳ": "ㄱㅅ",
    "ㄵ": "ㄴㅈ",
    "ㄶ": "ㄴㅎ",
    "ㄺ": "ㄹㄱ",
    "ㄻ": "ㄹㅁ",
    "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
}
PAIRS |= {"ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"}
SHORTEST = 6
"""Fewer letters may be an English word or a code."""
ENDINGS = (
    "아", "야", "은", "는", "이", "가", "들", "들아", "놈", "놈아", "년", "년아", "새끼", "새끼야", "같은", "같네", "하네",
    "하지마", "이야", "이네", "이냐", "냐", "네", "임", "도", "만", "진짜", "라", "해라", "들이", "놈들", "놈들아", "년들",
)  # fmt: skip
"""What may follow within the word."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Looking a word up is one look for each of its beginnings."""

    terms: dict[str, Entry]
    longest: int

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Typed:
        chosen = (e for e in entries if e.severity > 1 and all(map(syllables.is_syllable, e.term)))
        terms = {keys(entry.term): entry for entry in chosen}
        terms = {typed: entry for typed, entry in terms.items() if len(typed) >= SHORTEST}
        return cls(terms, max(map(len, terms), default=0))

    def find(self, word: str) -> Entry | None:
        for end in range(min(len(word), self.longest), SHORTEST - 1, -1):
            entry = self.terms.get(word[:end])
            if entry and (end == len(word) or entry.match is not Match.WORD or word[end:] in TYPED_ENDINGS):
                return entry
        return None


def keys(text: str) -> str:
    """The keys of a Korean text, without capitals: who types in a rage does not hold the shift key."""
    letters = "".join("".join(syllables.split(char)).strip() for char in text)
    return "".join(KEYS[plain] for letter in letters for plain in PAIRS.get(letter, letter))


TYPED_ENDINGS = frozenset(map(keys, ENDINGS))
