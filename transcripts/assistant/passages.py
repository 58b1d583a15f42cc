"""A document as passages: a few sentences under their heading, as much as one answer needs. Pure.

The text has headings as lines that begin with `# ` (as many marks as the level), and paragraphs apart by empty lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 320
"""Letters of a passage: more is not about one thing."""
LONGEST_SENTENCE = 240
HEADING = re.compile(r"(#{1,6})\s+(.+)")
_END = re.compile(r"(?<=[.!?。？！…])[\"'”’)\]]*\s+|\n+")
_BREATH = re.compile(r"(?<=[,;:·])\s|\s")
_LIST = re.compile(r"(?:[-*+•·▪◦‣]|\(?\d{1,3}[.)]|[가-하][.)])\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """`heading` is that of its part, with those above it; "" without any."""

    heading: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def passages(text: str) -> list[Passage]:
    """In order. A heading with nothing under it gives none."""
    return [
        Passage(heading, tuple(group))
        for heading, body in _parts(text)
        for group in _groups(_sentences(body))
    ]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Each stretch between headings, with the way down to it."""
    above: list[tuple[int, str]] = []
    body: list[str] = []
    for line in text.splitlines():
        found = HEADING.match(line)
        if found is None:
            body.append(line)
            continue
        yield " · ".join(name for _, name in above), "\n".join(body)
        body, level = [], len(found[1])
        above = [*((deep, name) for deep, name in above if deep < level), (level, found[2].strip())]
    yield " · ".join(name for _, name in above), "\n".join(body)


def _sentences(body: str) -> Iterator[str]:
    for piece in _END.split(body):
        sentence = " ".join(_LIST.sub("", piece.strip(), count=1).split())
        while len(sentence) > LONGEST_SENTENCE:
            breaths = [match.end() for match in _BREATH.finditer(sentence, 0, LONGEST_SENTENCE)]
            cut = breaths[-1] if breaths else LONGEST_SENTENCE
            yield sentence[:cut].strip()
            sentence = sentence[cut:].strip()
        if any(char.isalnum() for char in sentence):
            yield sentence


def _groups(sentences: Iterator[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for sentence in sentences:
        if group and sum(map(len, group)) + len(sentence) > LONGEST:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group
