"""A question as the pieces that it is about: without courtesies, particles and endings, and with like words made one.

Korean glues particles and endings to its words. They are cut off by rule, and what stays is taken in pairs of syllables,
so that 주민등록증 and 등록증 meet. English words lose their endings. No model, no dictionary of a language:
`pieces.txt` holds what people say at every counter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

COURTESY = re.compile(
    r"안녕하세요|여보세요|저기요|혹시|그런데|근데|그러면|그럼|지금|문의\s?(?:드려요|드립니다|드릴게요|합니다)|여쭤\S*"
    r"|알려\s?(?:주세요|주실\s?수\s?있나요|주시겠어요|줘)|궁금\S*|(?<!\S)(?:좀|제가?|저는|저희|우리)(?!\S)"
    r"|\b(?:hello|hi|please|excuse me|thank you|thanks)\b",
    re.IGNORECASE,
)
"""What every question holds and none is about."""


def _tables() -> dict[str, list[list[str]]]:
    """The words of each heading, line by line."""
    tables: dict[str, list[list[str]]] = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            rows = tables.setdefault(line[2:].partition(":")[0], [])
        elif line:
            rows.append(line.split())
    return tables


_TABLES = _tables()
SAME = {word: row[0] for row in _TABLES["like"] for word in row}
"""Words that ask for the same thing, by the first of them."""
CUT = sorted((word for row in _TABLES["cut"] for word in row), key=len, reverse=True)
"""Particles and endings, the longest first."""
STOP = frozenset(word for row in _TABLES["stop"] for word in row)
FUNCTION = frozenset(word for row in _TABLES["function"] for word in row)
_WORD = re.compile(r"[가-힣]+|[a-z]+(?:'[a-z]+)?|\d+")


SHORT = frozenset("은는이가을를에도")
"""What may be cut off a word of two syllables."""
NOUNS = ("신고", "창고", "광고", "사고", "휴가", "서류", "자가")
"""Nouns whose last syllable looks like an ending."""
MOST_CUTS = 3


def pieces(text: str) -> list[str]:
    """What a text is about, in order; words with one meaning give one piece."""
    return [piece for word in words(text) for piece in _of_word(word)]


def words(text: str) -> Iterator[str]:
    """The words that say something, without their endings."""
    for word in _WORD.findall(COURTESY.sub(" ", text.lower())):
        stem = _korean(word) if "가" <= word[0] <= "힣" else _english(word)
        if stem:
            yield SAME.get(stem, stem)


def _of_word(word: str) -> list[str]:
    if not "가" <= word[0] <= "힣" or len(word) <= 2:
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


def _korean(word: str) -> str:
    """The stem, or "" for what says nothing. A single syllable is cut off only where two stay: 신고 is no 신 with an ending."""
    for _ in range(MOST_CUTS):
        cut = "" if word in SAME or word in STOP else _ending(word)
        if not cut:
            break
        word = word.removesuffix(cut)
    return "" if word in STOP else word


def _ending(word: str) -> str:
    if len(word) == 2 and word[1] in SHORT:
        return word[1]
    whole = word.endswith(NOUNS)
    return next((end for end in CUT if word.endswith(end) and _may_go(word, end, whole=whole)), "")


def _may_go(word: str, end: str, *, whole: bool) -> bool:
    return len(word) - len(end) >= (2 if len(end) == 1 else 1) and not (whole and len(end) == 1)


def _english(word: str) -> str:
    word = word.removesuffix("'s")
    if word in FUNCTION:
        return ""
    if word in SAME:
        return word
    stem = word
    for end in ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s", "ion", "ly"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            stem = word[: -len(end)] + ("y" if end in ("ied", "ies") else "")
            break
    return stem.removesuffix("e") if len(stem) > 4 and stem not in SAME else stem
