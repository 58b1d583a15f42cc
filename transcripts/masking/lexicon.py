"""The words that are masked, and the look-alikes that are not. The database holds them; a seed file starts
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from transcripts.masking.kinds import PROFANITY

SEED = Path(__file__).parents[1] / "fixture" / "lexicon.json"


class Match(StrEnum):
    """How strictly a term must stand alone. Terms that are also pieces of harmless words need `word`."""

    ANYWHERE = "anywhere"
    START = "start"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Entry:
    """A term as people write it, without spaces in Korean, lower case in English.

    `severity` is 1 (coarse), 2 (insulting) or 3 (grave). `sound_alikes` also finds spellings that sound the
    same. `allowed` makes it an exception: what lies wholly inside such a text is never masked.
    """

    term: str
    language: str
    severity: int = 2
    match: Match = Match.WORD
    sound_alikes: bool = False
    allowed: bool = False
    kind: str = PROFANITY


@dataclass(frozen=True, slots=True)
class Lexicon:
    entries: tuple[Entry, ...]

    def masked(self, language: str) -> Iterator[Entry]:
        return (e for e in self.entries if e.language == language and not e.allowed)

    def allowed(self, language: str) -> Iterator[Entry]:
        return (e for e in self.entries if e.language == language and e.allowed)


def of(entries: Iterable[Entry]) -> Lexicon:
    return Lexicon(tuple(entries))


@cache
def seed() -> Lexicon:
    """The lexicon that comes with the product: groups of terms that share their properties."""
    data = json.loads(SEED.read_text(encoding="utf-8"))
    return of([*_terms(data["masked"]), *_allowed(data["allowed"])])


def _terms(groups: list[dict[str, object]]) -> Iterator[Entry]:
    for group in groups:
        for term in str(group["terms"]).split(","):
            yield Entry(
                term=term.strip(),
                language=str(group["language"]),
                severity=int(str(group["severity"])),
                match=Match(str(group["match"])),
                sound_alikes=bool(group.get("sound_alikes")),
            )


def _allowed(groups: dict[str, list[str]]) -> Iterator[Entry]:
    for language, lines in groups.items():
        for term in ",".join(lines).split(","):
            yield Entry(term=term.strip(), language=language, severity=1, allowed=True)
