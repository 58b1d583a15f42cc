"""Finding the entry that answers a question, in Korean or English: TF-IDF over pieces of letters, by scikit-learn.

Korean glues particles and endings to its words, so words do not repeat; pieces of two to four letters do. No model is
needed and an index of a thousand entries is made in a blink.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SURE = 0.24
"""From this likeness on an entry is given as the answer; below it the assistant says that it does not know."""
RELATED = 0.12
"""From this on an entry goes to the language model as something that may help."""
COURTESY = re.compile(
    r"안녕하세요|여보세요|저기요|혹시|그런데|근데|문의\s?(?:드려요|드립니다|드릴게요|합니다)|여쭤\S*"
    r"|알려\s?(?:주세요|주실\s?수\s?있나요|주시겠어요)|궁금(?:해요|합니다|한데요|해서요)"
    r"|하고 싶은데요?|싶어요|싶습니다|있을까요|되나요|돼요|되죠|인가요|일까요|나요|까요"
    r"|\b(?:hello|hi|please|excuse me|could you|can you|can i|could i|may i|i would like to|i'd like to|i want to)\b"
    r"|\b(?:tell me|do you|is it|is there|are there|the|a|an|to|of|for)\b",
    re.IGNORECASE,
)
"""What every question holds and none is about."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`questions`: one or more ways to ask, one a line. `id` is told with what was found."""

    id: int
    questions: str
    answer: str


@dataclass(frozen=True, slots=True)
class Found:
    entry: Entry
    likeness: float

    @property
    def is_sure(self) -> bool:
        return self.likeness >= SURE


class Knowledge:
    """An index over entries; it is made once and only read afterwards."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        asked = [(line, entry) for entry in entries for line in _lines(entry)]
        self._entries = [entry for _, entry in asked]
        self._vectorizer: Any = None
        if asked:
            # Imported here: it takes a second, and every process of the web imports this module.
            from sklearn.feature_extraction.text import TfidfVectorizer

            self._vectorizer = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, preprocessor=plain
            )
            self._matrix = self._vectorizer.fit_transform([line for line, _ in asked])

    def find(self, question: str, limit: int = 3) -> list[Found]:
        """The entries most like the question, the likeliest first, each once; nothing below RELATED."""
        if self._vectorizer is None or not plain(question).strip():
            return []
        likeness = (self._matrix @ self._vectorizer.transform([question]).T).toarray().ravel()
        found: dict[int, Found] = {}
        for place in np.argsort(-likeness)[: limit * 6]:
            entry, score = self._entries[place], float(likeness[place])
            if score >= RELATED and entry.id not in found:
                found[entry.id] = Found(entry, round(score, 3))
        return list(found.values())[:limit]


def _lines(entry: Entry) -> list[str]:
    """The ways to ask; the answer's own words count too, together with the first question."""
    questions = [line for line in entry.questions.splitlines() if line.strip()]
    return [*questions, f"{questions[0] if questions else ''} {entry.answer}"]


def plain(text: str) -> str:
    """Without case, courtesies and marks."""
    text = COURTESY.sub(" ", text.lower())
    return re.sub(r"[^0-9a-z가-힣]+", " ", text)
