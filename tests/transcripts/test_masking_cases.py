"""What is hidden and what is not, sentence by sentence; and how good that is on lines nobody tuned on."""

from __future__ import annotations

import re
import time
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.masking.lexicon import seed
from transcripts.masking.mask import MASK, mask_text
from transcripts.masking.matcher import Matcher, Span

FOLDER = Path(__file__).parent
pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]
SEED = Matcher(seed())
FILES = ("ko", "en", "fresh_ko", "fresh_en")


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
    return SEED


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


@pytest.mark.parametrize("name", FILES)
def test_few_are_missed_and_few_are_wrong(matcher: Matcher, name: str) -> None:
    precision, recall, wrong = score(matcher, cases(name))
    assert precision >= 0.97, wrong
    assert recall >= 0.97, wrong


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("야 이 개새끼야 당장 환불해.", ["개새끼"]),
        (unicodedata.normalize("NFD", "야 이 개새끼야"), [unicodedata.normalize("NFD", "개새끼")]),
        ("ＦＵＣＫ you", ["ＦＵＣＫ"]),
        ("f\u200bu\u200bc\u200bk you", ["f\u200bu\u200bc\u200bk"]),
        ("시\u200b발 진짜", ["시\u200b발"]),
        ("ㅅㅣㅂㅏㄹ 뭐", ["ㅅㅣㅂㅏㄹ"]),
        ("씨~~~발 놈아", ["씨~~~발 놈"]),
        ("This is fucking bullshit.", ["fucking", "bullshit"]),
        ("fuсk", ["fuсk"]),
        ("시발역에서 시발 진짜", ["시발"]),
    ],
)
def test_spans_point_into_the_text_as_given(matcher: Matcher, text: str, hidden: list[str]) -> None:
    assert [text[s.start : s.end] for s in matcher.find(text)] == hidden


def test_every_hidden_word_is_three_dots(matcher: Matcher) -> None:
    text = "아 씨발 이 개새끼야"
    masked = mask_text(text, matcher.find(text))
    assert masked.text == f"아 {MASK} 이 {MASK}야"
    assert [masked.text[m.start : m.end] for m in masked.masks] == [MASK, MASK]
    assert [text[m.source.start : m.source.end] for m in masked.masks] == ["씨발", "개새끼"]


@given(
    st.text(
        alphabet=st.sampled_from("씨발 시병신개새끼좆fuckshit1!*.-ㅅㅂㅏㅣ\u1109\u1175\u11ab\n ★"),
        max_size=40,
    )
)
def test_any_text_is_masked_without_a_trace_of_what_is_hidden(text: str) -> None:
    found = SEED.find(text)
    masked = mask_text(text, found)
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    rest = "".join(text[a:b] for a, b in kept_parts(text, found))
    assert masked.text.replace(MASK, "") == rest.replace(MASK, "")


def kept_parts(text: str, found: list[Span]) -> list[tuple[int, int]]:
    edges = [0, *(edge for span in found for edge in (span.start, span.end)), len(text)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def test_the_lexicon_is_generous_and_knows_no_term_twice() -> None:
    terms = [(e.language, e.term, e.allowed) for e in seed().entries]
    assert len(terms) == len(set(terms))
    assert sum(not e.allowed and e.language == "ko" for e in seed().entries) > 500
    assert all(e.term == e.term.lower().strip() and e.term for e in seed().entries)


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    began = time.process_time()
    SEED.find("씨 발 " * 3000 + "a" * 5000 + "* " * 3000 + "f u c k " * 500)
    assert time.process_time() - began < 5
