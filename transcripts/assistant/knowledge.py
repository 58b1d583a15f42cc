"""Finding the entry that answers a question, in Korean or English: what the two are about, weighed by how telling it is.

Counting and weighing is scikit-learn's. No model is needed and an index of a thousand entries is made in a blink. What
the question names and no entry does (a dentist, an apartment) counts against every entry: that is how it knows that it
does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from transcripts.assistant.pieces import pieces

SURE = 0.42
"""From this likeness on an entry is given as the answer; below it the assistant says that it does not know."""
RELATED = 0.22
"""From this on an entry goes to the language model as something that may help."""
IN_ANSWER = 0.7
"""What a piece of the question counts that stands in the entry's answer only."""
UNKNOWN = 0.75
"""What a piece that no entry holds counts against all of them, by the rarest one's weight."""
BY_LINE = 0.4
"""How much the likeness to a single way of asking counts; the rest is how much of the question the entry covers."""


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
        self._entries = list(entries)
        self._vectorizer: Any = None
        if any(pieces(f"{each.questions} {each.answer}") for each in self._entries):
            self._index()

    def _index(self) -> None:
        # Imported here: it takes a second, and every process of the web imports this module.
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import normalize

        asked = [(at, line) for at, each in enumerate(self._entries) for line in each.questions.splitlines()]
        self._vectorizer = CountVectorizer(analyzer=pieces, binary=True, dtype=np.float64)
        self._vectorizer.fit([f"{each.questions}\n{each.answer}" for each in self._entries])
        questions = self._vectorizer.transform([each.questions for each in self._entries])
        answers = self._vectorizer.transform([each.answer for each in self._entries])
        only_there = answers - answers.multiply(questions)
        self._cover = (questions + only_there * IN_ANSWER).tocsr()
        held_by = np.asarray((questions + only_there).sum(axis=0)).ravel()
        self._weights = np.log((1 + len(self._entries)) / held_by)
        self._rarest = float(np.log(1 + len(self._entries)))
        lines = self._vectorizer.transform([line for _, line in asked]).multiply(self._weights)
        self._lines, self._line_of = normalize(lines.tocsr()), np.array([at for at, _ in asked], dtype=int)

    def find(self, question: str, limit: int = 3) -> list[Found]:
        """The entries most like the question, the likeliest first; nothing below RELATED."""
        if self._vectorizer is None or not (asked := set(pieces(question))):
            return []
        likeness = self._likeness(asked)
        best = np.argsort(-likeness, kind="stable")[:limit]
        return [
            Found(self._entries[at], round(float(likeness[at]), 3)) for at in best if likeness[at] >= RELATED
        ]

    def _likeness(self, asked: set[str]) -> Any:
        known = [self._vectorizer.vocabulary_[each] for each in asked if each in self._vectorizer.vocabulary_]
        foreign = UNKNOWN * self._rarest
        count = len(asked) - len(known)
        weights = np.zeros(len(self._weights))
        weights[known] = self._weights[known]
        total = weights.sum() + count * foreign
        norm = np.sqrt((weights**2).sum() + count * foreign**2)
        if not total:  # every entry holds all of it
            return np.zeros(len(self._entries))
        by_line = np.zeros(len(self._entries))
        np.maximum.at(by_line, self._line_of, self._lines @ weights / norm)
        return (1 - BY_LINE) * (self._cover @ weights / total) + BY_LINE * by_line
