"""Sentences with what must be hidden in them, read from the files beside this one.

One sentence a line. Braces stand around what must be hidden: ``{word}`` for profanity, ``{phone:010-1234-5678}`` with its
kind for personal data. A line without braces must stay as it is. ``# heading`` names the category of the lines below it.
Every person and number is invented; numbers pass the checksum of their kind where it has one.

A set has two halves: ``tune`` may be read and learnt from, of ``eval`` only figures are printed. ``profanity_ko.retired``
is the Korean set that judged until 2026-11-22: part of its ``eval`` was seen then, so it is a regression and judges no more.
"""

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent
HALVES = ("tune", "eval")
RETIRED = "retired"
SETS = ("profanity_ko", "profanity_en", "personal_ko", "personal_en")

_BRACES = re.compile(r"\{(?:(?P<kind>[a-z]+):)?(?P<text>[^}]+)\}")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Characters ``start`` to ``end`` of a sentence that nobody may read; ``kind`` is empty for profanity."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence as a person said it, its category, and what must be hidden in it."""

    text: str
    category: str
    hidden: tuple[Hidden, ...]


def load(name: str, half: str) -> list[Case]:
    """The cases of one half of a set (``tune`` or ``eval``), or of its retired lines."""
    cases, category = [], ""
    for line in (CASES / f"{name}.{half}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            category = line.lstrip("# ")
        elif line:
            cases.append(read(line, category))
    return cases


def read(line: str, category: str = "") -> Case:
    """The case that a line writes down."""
    text, hidden, last = "", [], 0
    for found in _BRACES.finditer(line):
        text += line[last : found.start()]
        kind = (found["kind"] or "") if ":" in found[0] else ""
        hidden.append(Hidden(len(text), len(text) + len(found["text"]), kind))
        text += found["text"]
        last = found.end()
    return Case(text + line[last:], category, tuple(hidden))
