"""How English words are disguised, and what they read as: sh1t, fuuuck, f*ck, a$$hole, f u c k."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from transcripts.masking.lexicon import Entry

LEET = str.maketrans("013457@$!|+€£", "oieastasiitel")
LEET_L = str.maketrans("013457@$!|+€£", "oleastasllte" + "l")
NOISE = re.compile(r"[*_'’^~.&%#]")
SIGNS = re.compile(r"[*#%@^&~_-]+")
WORD_CHARS = re.compile(r"[a-z]")
# Two different digits side by side: SH17 and A54 are model numbers.
MODEL_NUMBER = re.compile(r"(\d)(?!\1)\d")
LETTERS_APART = re.compile(r"(?<![a-z0-9'’])[a-z](?:[\s._*-]{1,3}[a-z](?![a-z0-9'’])){2,}")
LONG_ENOUGH = 4
MIN_KNOWN = 3
# One letter and only stars: what captions print for these words.
STARRED = {"f": "fuck", "s": "shit", "b": "bitch", "c": "cunt"}
MIN_STARS = 3


@lru_cache(maxsize=4096)
def readings(word: str) -> list[str]:
    """What a word may stand for: itself, with signs read as letters, without signs; the plainest last."""
    if word.isalpha() or MODEL_NUMBER.search(word):
        return [word]
    leet = word.translate(LEET)
    options = [word, leet, word.translate(LEET_L), NOISE.sub("", leet), NOISE.sub("", word)]
    return list(dict.fromkeys(option for option in options if option.isalpha())) or [word]


def squeezed(word: str) -> str:
    """Every run of one letter as one letter."""
    return "".join(char for char, _ in groupby(word))


def stretches(word: str, form: str) -> bool:
    """Whether `word` is `form`, perhaps with letters drawn out: shiiit, assss; but assess is not asses."""
    if word == form:
        return True
    pairs = zip(groupby(word), groupby(form), strict=True)
    return all(
        _drawn_out(char, len(list(run)), len(list(wanted)), form) for (char, run), (_, wanted) in pairs
    )


def _drawn_out(char: str, count: int, wanted: int, form: str) -> bool:
    least = 2 if char in "aeiouy" and len(form) >= LONG_ENOUGH else 3
    return count == wanted or (count > wanted and count >= least)


def letter_runs(line: str) -> list[list[tuple[str, int]]]:
    """Runs of single letters set apart, each letter with its place in the line."""
    return [
        [(match.group()[m.start()], match.start() + m.start()) for m in WORD_CHARS.finditer(match.group())]
        for match in LETTERS_APART.finditer(line)
    ]


class Disguised:
    """Words with letters hidden behind signs: f*ck, b**ch, sh--, f***."""

    def __init__(self, forms: dict[str, Entry]) -> None:
        self._by_letter: dict[str, list[tuple[str, Entry]]] = {}
        for form, entry in forms.items():
            if len(form) >= LONG_ENOUGH and entry.severity > 1:
                self._by_letter.setdefault(form[0], []).append((form, entry))
        self._exact = forms

    def find(self, word: str) -> Entry | None:
        if word.isalnum() or not word[0].isalpha() or MODEL_NUMBER.search(word):
            return None
        if re.fullmatch(rf"[a-z]\*{{{MIN_STARS},}}(ing|ed|er|s)?", word):
            return self._exact.get(STARRED.get(word[0], ""))
        known = len(WORD_CHARS.findall(word))
        return self._fitting(word) if known >= MIN_KNOWN or _ends_hidden(word) else None

    def _fitting(self, word: str) -> Entry | None:
        pattern = re.compile(SIGNS.sub(_hidden, re.sub(r"[^a-z*#%@^&~_-]", ".", word)))
        for form, entry in self._by_letter.get(word[0], ()):
            if pattern.fullmatch(form) and (word[-1].isalpha() or len(form) == len(word)):
                return entry
        return None


def _hidden(signs: re.Match[str]) -> str:
    count = len(signs.group())
    return f"[a-z]{{{count},{count + 1}}}"


def _ends_hidden(word: str) -> bool:
    """sh**, fu**, f**k: two known letters and as many signs."""
    return len(word) >= LONG_ENOUGH and len(SIGNS.findall(word)) == 1 and len(WORD_CHARS.findall(word)) >= 2
