"""What is hidden and what is not, sentence by sentence; and how good that is on lines nobody tuned on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transcripts.masking.lexicon import seed
from transcripts.masking.matcher import Matcher, Span

FOLDER = Path(__file__).parent
LANGUAGES = ("ko", "en")


def cases(language: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """(text, expected spans) of each line."""
    lines = (FOLDER / f"masking_{language}.txt").read_text(encoding="utf-8").splitlines()
    return [parsed(line) for line in lines if line.strip() and not line.startswith("#")]


def parsed(line: str) -> tuple[str, list[tuple[int, int]]]:
    spans, text = [], ""
    for part in re.split(r"(\{.*?\})", line):
        if part.startswith("{"):
            spans.append((len(text), len(text) + len(part) - 2))
            part = part[1:-1]
        text += part
    return text, spans


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(seed())


def word_around(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def verdict(text: str, expected: list[tuple[int, int]], found: list[Span]) -> tuple[int, int, int]:
    """(true positives, false positives, false negatives) by words."""
    hit = sum(any(s.start < b and a < s.end for s in found) for a, b in expected)
    words = [word_around(text, a, b) for a, b in expected]
    stray = sum(not any(s.start < b and a < s.end for a, b in words) for s in found)
    return hit, stray, len(expected) - hit


def score(matcher: Matcher, lines: list[tuple[str, list[tuple[int, int]]]]) -> tuple[float, float, list[str]]:
    totals, wrong = [0, 0, 0], []
    for text, expected in lines:
        result = verdict(text, expected, matcher.find(text))
        totals = [a + b for a, b in zip(totals, result, strict=True)]
        if result[1] or result[2]:
            wrong.append(text)
    hits, strays, misses = totals
    return hits / max(1, hits + strays), hits / max(1, hits + misses), wrong


if __name__ == "__main__":
    for lang in LANGUAGES:
        every = cases(lang)
        for name, part in (("tuned", every[::2]), ("held out", every[1::2])):
            precision, recall, wrong = score(Matcher(seed()), part)
            print(lang, name, len(part), f"precision {precision:.3f} recall {recall:.3f}")
            if name == "tuned":
                print("  ", wrong)
