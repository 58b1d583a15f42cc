"""How well tone is told: lines of a counter's calls with the tone that a person gave them (+ - 0).

Every other line of a file is for tuning, the rest for judging: rules are never changed because of the latter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transcripts.tone.tone import Tone, label, tone

LANGUAGES = ("ko", "en")
HALVES = ("tune", "eval")
HEAD = ("language", "half", "lines", "right", "precision", "recall", "opposite")
SIGNS = {"+": Tone.POSITIVE, "-": Tone.NEGATIVE, "0": Tone.NEUTRAL}


@dataclass(frozen=True, slots=True)
class Result:
    """`precision` and `recall` are those of the tone `negative`, which is what people look for."""

    lines: int
    accuracy: float
    precision: float
    recall: float
    opposite: int
    """Positive told as negative, or the reverse: worse than any other mistake."""


def cases(language: str, half: str) -> list[tuple[str, Tone]]:
    lines = (Path(__file__).parent / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [(line[2:], SIGNS[line[0]]) for line in lines[HALVES.index(half) :: 2]]


def told(text: str, language: str) -> Tone:
    return label(tone(text, language) or 0.0)


def judge(language: str, half: str) -> Result:
    pairs = Counter((wanted, told(text, language)) for text, wanted in cases(language, half))
    right = sum(count for (wanted, got), count in pairs.items() if wanted == got)
    found = pairs[Tone.NEGATIVE, Tone.NEGATIVE]
    called = sum(count for (_, got), count in pairs.items() if got is Tone.NEGATIVE)
    meant = sum(count for (wanted, _), count in pairs.items() if wanted is Tone.NEGATIVE)
    opposite = pairs[Tone.POSITIVE, Tone.NEGATIVE] + pairs[Tone.NEGATIVE, Tone.POSITIVE]
    return Result(pairs.total(), right / pairs.total(), found / max(1, called), found / meant, opposite)


def rows() -> Iterator[tuple[str, ...]]:
    for language in LANGUAGES:
        for half in HALVES:
            found = judge(language, half)
            figures = (found.accuracy, found.precision, found.recall)
            shown = (f"{figure:.2f}".lstrip("0") if figure < 1 else "1.0" for figure in figures)
            yield (language, half, str(found.lines), *shown, str(found.opposite))
