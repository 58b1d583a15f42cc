"""The assistant on questions that nobody tuned it on; and the counting itself, which must be able to say no."""

from __future__ import annotations

import pytest

from tests.accuracy.knowledge import HALVES, LANGUAGES, NONE, Case, Told, cases, judge
from tests.accuracy.test_text_accuracy import _likeness, _pieces
from transcripts.assistant.knowledge import Entry, Knowledge
from transcripts.assistant.pieces import pieces, words
from transcripts.assistant.sample import sample

pytestmark = pytest.mark.unit

FLOORS = {"ko": (0.75, 0.09, 0.16), "en": (0.86, 0.08, 0.16)}
"""Right answers given at least; wrong ones, and answers to what has none, at most: what was measured, less a few questions."""


@pytest.mark.req("S2.6")
@pytest.mark.parametrize("language", LANGUAGES)
def test_callers_questions_find_their_answer_or_none(language: str) -> None:
    result = judge(language, "eval")
    right, wrong, needless = FLOORS[language]
    # Figures only: a question in a failure message would be one to tune on.
    assert result.questions == 100
    assert (result.right >= right, result.wrong <= wrong, result.false_answers <= needless) == (True,) * 3, (
        f"right {result.right:.3f}, wrong {result.wrong:.3f}, needless {result.false_answers:.3f}"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_halves_are_alike_and_share_no_question(language: str) -> None:
    tune, judged = (cases(language, half) for half in HALVES)
    names = {each.name for each in sample()} | {NONE}
    assert {case.wanted for case in [*tune, *judged]} <= names
    for half in (tune, judged):
        assert 0.24 <= sum(case.wanted == NONE for case in half) / len(half) <= 0.27
    assert not {case.question.lower() for case in tune} & {case.question.lower() for case in judged}
    nearest = max(_likeness(_pieces(a.question), _pieces(b.question)) for a in tune for b in judged)
    assert nearest < 0.75


@pytest.mark.parametrize(
    ("best", "sure", "wanted", "outcome"),
    [("a", True, "a", "right"), ("b", True, "a", "wrong"), ("a", False, "a", "unknown"), ("a", True, NONE, "wrong")],
)  # fmt: skip
def test_an_answer_counts_as_right_only_when_it_is(best: str, sure: bool, wanted: str, outcome: str) -> None:
    assert Told(Case("?", wanted), best, 0.5, sure).outcome == outcome


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("주민등록증을 잃어버렸어요", "주민등록증 분실"),
        ("전입신고를 하려고 하는데요", "전입신고"),
        ("여권 수수료가 얼마예요", "여권 비용"),
        ("How much does it cost?", "price"),
        ("I lost my cards", "a lost card"),
    ],
)
def test_like_questions_are_about_the_same(one: str, other: str) -> None:
    assert set(pieces(one)) == set(pieces(other))


def test_a_noun_is_no_word_with_an_ending() -> None:
    assert list(words("신고 서류 광고")) == ["신고", "서류", "광고"]


def test_what_no_entry_holds_counts_against_all() -> None:
    house = Knowledge([Entry(1, "방문 예약", "예약 없이 오세요."), Entry(2, "주차", "주차는 무료입니다.")])
    assert house.find("예약이요")[0].is_sure
    assert not any(found.is_sure for found in house.find("치과 의사 선생님 예약 변경"))
    assert house.find("") == house.find("?!") == Knowledge([]).find("예약") == []
