"""A number in several breaths: found in all of them, and nothing else found by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.masking.joined import across
from transcripts.masking.personal import unfinished
from transcripts.masking.personal.finder import PersonalDataFinder

pytestmark = pytest.mark.unit

FINDER = PersonalDataFinder()


def hidden(*texts: str) -> list[list[tuple[str, str]]]:
    """(what is hidden, kind) of each text because of its neighbours."""
    found = across(texts, FINDER.find)
    return [
        [(text[s.start : s.end], str(s.kind)) for s in spans]
        for text, spans in zip(texts, found, strict=True)
    ]


@pytest.mark.req("S1.6")
@pytest.mark.parametrize(
    ("texts", "kind", "expected"),
    [
        (["제 번호는 공일공 일이삼사", "오육칠팔이요"], "phone", ["공일공 일이삼사", "오육칠팔"]),
        (["010-1234이고요", "네, 5678입니다"], "phone", ["010-1234", "5678"]),
        (["공일공에", "일이삼사에", "오육칠팔이에요"], "phone", ["공일공에", "일이삼사에", "오육칠팔"]),
        (["공일공 일이", "삼사오육칠팔"], "phone", ["공일공 일이", "삼사오육칠팔"]),
        (["카드는 4111 1111", "그다음에 1111 1111이요"], "card", ["4111 1111", "1111 1111"]),
        (["주민번호 구공공일공일", "다음에 일이삼사오육칠이요"], "rrn", ["구공공일공일", "일이삼사오육칠"]),
        (["주민번호는 900101", "1234567"], "rrn", ["900101", "1234567"]),
        (
            ["my number is oh one oh one two three four", "five six seven eight"],
            "phone",
            ["oh one oh one two three four", "five six seven eight"],
        ),
    ],
)
def test_the_parts_of_a_number_are_found(texts: list[str], kind: str, expected: list[str]) -> None:
    assert hidden(*texts) == [[(part, kind)] for part in expected]


@pytest.mark.parametrize(
    "texts",
    [
        ["제가 열 시 삼십 분에 갔는데 이", "일 때문에 못 갔어요"],
        ["10월 20일에 주문한 거", "3개 왔어요"],
        ["주문번호가 2024", "1120 0142 예요"],
        ["모두 3만", "5천 원입니다"],
        ["It was 2", "5 people came"],
        ["2024년 10월", "15일 14시 30분이요"],
        ["아 씨", "발 아파요"],
        ["서울시 강남구 테헤란로", "152 번지예요"],
    ],
)
def test_other_numbers_and_words_stay(texts: list[str]) -> None:
    assert hidden(*texts) == [[] for _ in texts]


def test_what_lies_in_one_text_is_left_to_itself() -> None:
    assert hidden("010-1234-5678이요", "3번이요") == [[], []]


@given(st.lists(st.text("공일이삼 에네-.,0159요고 at", max_size=20), max_size=8))
def test_spans_lie_in_their_texts_and_do_not_overlap(texts: list[str]) -> None:
    for text, spans in zip(texts, across(texts, FINDER.find), strict=True):
        at = 0
        for span in sorted(spans):
            assert at <= span.start < span.end <= len(text)
            at = span.end


@pytest.mark.req("S1.6")
@pytest.mark.parametrize(
    ("text", "expected", "kind"),
    [
        ("제 번호는 공일공 일이삼사", "공일공 일이삼사", "phone"),
        ("010-1234이고요", "010-1234", "phone"),
        ("카드번호는 4111 1111", "4111 1111", "card"),
        ("계좌는 110 234", "110 234", "account"),
        ("주민번호는 구공공일공일이고", "구공공일공일", "rrn"),
        ("my number is oh one oh one two three four and", "oh one oh one two three four", "phone"),
    ],
)
def test_a_number_that_has_begun_is_found_at_the_end(text: str, expected: str, kind: str) -> None:
    span = unfinished.find(text)
    assert span is not None
    assert (text[span.start : span.end], span.kind) == (expected, kind)


@pytest.mark.parametrize(
    "text",
    [
        "끝자리가 1234",
        "카드 뒷자리 1234",
        "제 전화번호 뒷자리는 오육칠팔이요",
        "주문번호는 20241120",
        "금액이 15000",
        "공일공",
        "010-1234까지 말씀하셨고 다음이 안 들려요",
        "전화는 내일 오후 세 시 이후에",
        "계좌로 150000원",
        "order number 20241120",
    ],
)
def test_ordinary_speech_is_not_held_back(text: str) -> None:
    assert unfinished.find(text) is None
