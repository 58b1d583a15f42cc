"""Spellings of a term that are found without being written down: what the rules make of one entry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from transcripts.masking import syllables
from transcripts.masking.lexicon import Entry, of
from transcripts.masking.matcher import Matcher

KOREAN_ENDINGS = ("아", "은", "이", "들", "같은", "하네", "ㅋㅋ")
ENGLISH_ENDINGS = ("s", "ed", "er", "ers", "ing", "in", "y")
BETWEEN = (" ", ".", "1", "~", "*", "-")
LEET = (("i", "1"), ("o", "0"), ("e", "3"), ("a", "@"), ("s", "$"))
VOWELS = (("ㅣ", "ㅟ"), ("ㅣ", "ㅡ"), ("ㅣ", "ㅢ"), ("ㅐ", "ㅔ"), ("ㅔ", "ㅐ"))
TENSE = {plain: tense for tense, plain in zip("ㄲㄸㅃㅆㅉ", "ㄱㄷㅂㅅㅈ", strict=True)}


def variants(entry: Entry, limit: int = 40) -> list[str]:
    """At most `limit` spellings of the entry's term, itself first, each of which is found because of it.

    Exceptions of a lexicon may still spare one of them in a sentence. An allowed entry has none.
    """
    if entry.allowed:
        return []
    matcher = Matcher(of([entry]))
    made = _korean(entry.term) if entry.language == "ko" else _english(entry.term)
    spellings = dict.fromkeys((entry.term, *made))
    return list(islice((spelling for spelling in spellings if matcher.find(spelling)), limit))


def _korean(term: str) -> Iterator[str]:
    for index in range(1, len(term)):
        yield from (term[:index] + sign + term[index:] for sign in BETWEEN)
    yield from (term + ending for ending in KOREAN_ENDINGS)
    yield "".join(_letters(char) for char in term)
    for index, char in enumerate(term):
        if syllables.is_syllable(char):
            yield from (term[:index] + other + term[index + 1 :] for other in _neighbours(char))


def _letters(char: str) -> str:
    return "".join(syllables.split(char)).strip() if syllables.is_syllable(char) else char


def _neighbours(char: str) -> Iterator[str]:
    """The syllable drawn out, tense or lax, with a vowel that is heard as the same."""
    onset, vowel, coda = syllables.split(char)
    yield syllables.join(onset, vowel) + syllables.join("ㅇ", vowel, coda)
    lax = onset.translate(syllables.LAX)
    for other in (lax, TENSE.get(onset, lax)):
        yield syllables.join(other, vowel, coda)
    yield from (syllables.join(onset, after, coda) for before, after in VOWELS if vowel == before)


def _english(term: str) -> Iterator[str]:
    yield from (term + ending for ending in ENGLISH_ENDINGS)
    yield term.upper()
    yield from (sign.join(term) for sign in (" ", ".", "-"))
    yield from (term.replace(plain, sign) for plain, sign in LEET if plain in term)
    for index in range(1, len(term)):
        yield term[:index] + term[index - 1] * 3 + term[index:]
        yield term[:index] + "*" + term[index + 1 :]
    yield term[0] + "*" * (len(term) - 2) + term[-1:]
