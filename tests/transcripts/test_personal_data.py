"""Personal data in texts: which numbers and addresses are hidden, of which kind, and which stay."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.masking.detector import Detector
from transcripts.masking.kinds import ALL_PERSONAL_DATA, PROFANITY
from transcripts.masking.lexicon import Entry, Match, of, seed
from transcripts.masking.mask import mask_text
from transcripts.masking.personal.finder import PersonalDataFinder
from transcripts.masking.spans import Span

pytestmark = [pytest.mark.unit, pytest.mark.req("S1.6")]
FINDER = PersonalDataFinder()
DETECTOR = Detector(seed())
LINES = [
    line
    for line in (Path(__file__).parent / "personal_data.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
MARKED = re.compile(r"\{([a-z]+):(.*?)\}")


def parsed(line: str) -> tuple[str, list[tuple[str, str]]]:
    """The text, and (kind, hidden piece) of each mark."""
    return MARKED.sub(r"\2", line), MARKED.findall(line)


@pytest.mark.parametrize("line", LINES)
def test_each_sentence_hides_what_is_personal_and_nothing_else(line: str) -> None:
    text, expected = parsed(line)
    assert [(span.kind, text[span.start : span.end]) for span in FINDER.find(text)] == expected


def test_every_kind_is_among_the_sentences() -> None:
    assert {kind for line in LINES for kind, _ in parsed(line)[1]} == set(ALL_PERSONAL_DATA)


@pytest.mark.parametrize(
    "text",
    ["제 번호는 010-1234-5678이에요", "메일은 cara@example.com이에요", "공일공 일이삼사 오육칠팔입니다"],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spans_point_into_the_text_as_given(text: str, form: str) -> None:
    given_text = unicodedata.normalize(form, text)
    (span,) = FINDER.find(given_text)
    assert given_text[span.start] in "0c\u1100공"
    assert len(mask_text(given_text, [span]).text) < len(given_text)


def test_only_the_kinds_asked_for_are_found() -> None:
    text = "010-1234-5678, cara@example.com"
    assert [span.kind for span in FINDER.find(text, {"email"})] == ["email"]
    assert FINDER.find(text, ()) == []


def test_the_detector_finds_words_and_personal_data_in_order() -> None:
    text = "씨발 제 번호는 010-1234-5678이라고 이 개새끼야"
    found = DETECTOR.find(text)
    assert [span.kind for span in found] == [PROFANITY, "phone", PROFANITY]
    assert [text[span.start : span.end] for span in found] == ["씨발", "010-1234-5678", "개새끼"]


def test_milder_words_and_other_kinds_stay_when_the_rules_say_so() -> None:
    text = "젠장 씨발 010-1234-5678"
    assert [span.severity for span in DETECTOR.find(text, kinds=(), min_severity=3)] == [3]
    assert DETECTOR.find(text, kinds=(), min_severity=4) == []


def test_personal_data_swallows_the_words_inside_it() -> None:
    assert [span.kind for span in DETECTOR.find("fuck@example.com")] == ["email"]


def test_of_a_word_that_sticks_out_of_personal_data_what_sticks_out_stays_hidden() -> None:
    detector = Detector(of([Entry("야공", "ko", severity=2, match=Match.ANYWHERE)]))
    text = "야공일공 일이삼사 오육칠팔"
    assert detector.find(text) == [Span(0, 1, PROFANITY, 2), Span(1, len(text), "phone", 0)]


@given(
    st.lists(
        st.sampled_from(
            [*"0123456789-. @공일이삼구요에대로길동호,+()ab", "one ", " at ", " dot com", "골뱅이", "씨발"]
        ),
        max_size=60,
    ).map("".join)
)
def test_any_text_gives_spans_in_order_without_overlaps(text: str) -> None:
    found = DETECTOR.find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


HOSTILE = [
    "1",
    "1 ",
    "일이 ",
    "a@",
    "1234-",
    "강남로 ",
    "one two ",
    "카라 골뱅이 ",
    "서울 강남구 ",
    "a at ",
    "double ",
    "시발",
    "시발역 시발 ",
    "great tit tits ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_of_30_kilobytes_comes_back(piece: str) -> None:
    """A pattern that went back over it all again and again would not, within minutes."""
    text = piece * (30_000 // len(piece.encode()))
    assert all(span.end <= len(text) for span in DETECTOR.find(text))
