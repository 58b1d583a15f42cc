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
SURE_OF_PASSAGE = 0.5
"""The same for a passage of a document: nobody has written down that it is an answer."""
SPOKEN = 160
"""Letters of a passage that are said at once; the sentences behind them are not."""
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
    """`questions`: one or more ways to ask, one a line. `id` is told with what was found.

    A passage of a document has `sentences`; its `questions` are its headings, `document` is the title.
    """

    id: int
    questions: str
    answer: str
    sentences: tuple[str, ...] = ()
    document: str = ""
    passage: int = 0

    @property
    def lines(self) -> list[str]:
        """What a question is compared with, one by one."""
        return [*self.questions.splitlines(), *self.sentences]

    @property
    def asked(self) -> str:
        return "\n".join(self.lines)

    @property
    def title(self) -> str:
        return self.questions.splitlines()[0] if self.questions.strip() else self.document


@dataclass(frozen=True, slots=True)
class Found:
    """`answer` is what is said: an answer of the house whole, of a passage the sentences that the question is about."""

    entry: Entry
    likeness: float
    answer: str

    @property
    def is_sure(self) -> bool:
        return self.likeness >= (SURE_OF_PASSAGE if self.entry.sentences else SURE)


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

        asked = [(at, line) for at, each in enumerate(self._entries) for line in each.lines]
        self._vectorizer = CountVectorizer(analyzer=pieces, binary=True, dtype=np.float64)
        self._vectorizer.fit([f"{each.asked}\n{each.answer}" for each in self._entries])
        questions = self._vectorizer.transform([each.asked for each in self._entries])
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
        likeness, by_line = self._likeness(asked)
        best = np.argsort(-likeness, kind="stable")[:limit]
        return [
            Found(self._entries[at], round(float(likeness[at]), 3), self._answer(int(at), by_line))
            for at in best
            if likeness[at] >= RELATED
        ]

    def _answer(self, at: int, by_line: Any) -> str:
        """Of a passage the sentence that is likest, and what fits into a breath of those behind it."""
        entry = self._entries[at]
        if not entry.sentences:
            return entry.answer
        mine = np.flatnonzero(self._line_of == at)[-len(entry.sentences) :]
        first = int(np.argmax(by_line[mine]))
        said = list(entry.sentences[first : first + 1])
        for sentence in entry.sentences[first + 1 :]:
            if sum(map(len, said)) + len(sentence) > SPOKEN:
                break
            said.append(sentence)
        return " ".join(said)

    def _likeness(self, asked: set[str]) -> tuple[Any, Any]:
        """Of each entry, and of each line."""
        known = [self._vectorizer.vocabulary_[each] for each in asked if each in self._vectorizer.vocabulary_]
        foreign = UNKNOWN * self._rarest
        count = len(asked) - len(known)
        weights = np.zeros(len(self._weights))
        weights[known] = self._weights[known]
        total = weights.sum() + count * foreign
        norm = np.sqrt((weights**2).sum() + count * foreign**2)
        if not total:  # every entry holds all of it
            return np.zeros(len(self._entries)), np.zeros(len(self._line_of))
        lines = self._lines @ weights / norm
        by_line = np.zeros(len(self._entries))
        np.maximum.at(by_line, self._line_of, lines)
        return (1 - BY_LINE) * (self._cover @ weights / total) + BY_LINE * by_line, lines
