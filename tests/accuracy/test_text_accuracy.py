"""The mask on sentences that nobody tuned it on; and the scoring itself, which must be able to say no."""

from __future__ import annotations

import pytest

from tests.accuracy.cases import CASES, HALVES, RETIRED, SETS, Case, load, read
from tests.accuracy.split import deal
from tests.accuracy.text import FLOORS, score
from transcripts.masking.mask import Mask
from transcripts.masking.matcher import Span

LEAST = {"profanity": 440, "personal": 200}


@pytest.mark.db
@pytest.mark.one_database
@pytest.mark.django_db
@pytest.mark.req("S1.6")
@pytest.mark.parametrize("name", SETS)
def test_the_evaluation_half_is_masked(name: str) -> None:
    result = score(load(name, "eval"))
    precision, recall = FLOORS[name.split("_")[0]]
    # Figures only: a sentence in a failure message would be a sentence to tune on.
    assert (result.precision >= precision, result.recall >= recall) == (True, True), (
        f"precision {result.precision:.3f}, recall {result.recall:.3f}"
    )


@pytest.mark.db
@pytest.mark.one_database
@pytest.mark.django_db
def test_the_retired_set_stays_as_good_as_it_was() -> None:
    """The Korean sentences that judged until 2026-11-22. They were seen since: a regression, no measurement."""
    result = score(load("profanity_ko", RETIRED))
    assert result.precision >= 0.99, result.misses
    assert result.recall >= 0.985, result.misses


@pytest.mark.unit
@pytest.mark.parametrize("name", SETS)
def test_both_halves_are_alike_and_share_no_sentence(name: str) -> None:
    tune, judge = (load(name, half) for half in HALVES)
    assert len(tune) + len(judge) >= LEAST[name.split("_")[0]]
    assert abs(len(tune) - len(judge)) <= 1
    assert {case.category for case in tune} == {case.category for case in judge}
    assert abs(sum(bool(c.hidden) for c in tune) - sum(bool(c.hidden) for c in judge)) <= 1
    assert not {case.text for case in tune} & {case.text for case in judge}


@pytest.mark.unit
@pytest.mark.parametrize("name", SETS)
def test_no_sentence_is_a_near_copy_of_one_in_the_other_half(name: str) -> None:
    tune, judge = ([_pieces(case.text) for case in load(name, half)] for half in HALVES)
    assert max(_likeness(a, b) for a in tune for b in judge) < 0.5


@pytest.mark.unit
def test_every_brace_is_closed() -> None:
    for path in CASES.glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert not {"{", "}"} & set(read(line).text)


def _pieces(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def mask(start: int, end: int, kind: str = "profanity") -> Mask:
    return Mask(start, end, Span(start, end, kind, 1))


def figures(case: Case, *masks: Mask) -> tuple[int, int, int]:
    """Found words, mistaken masks, wrong kinds."""
    result = score([case], lambda _: masks)
    return result.found, result.mistaken, result.confused


SWEARING = read("진짜 {씨발}놈들이 왔다")
CALLING = read("제 번호는 {phone:010-1234-5678}이에요")


@pytest.mark.unit
def test_a_mask_on_the_word_counts_with_or_without_its_ending() -> None:
    assert figures(SWEARING, mask(3, 5)) == (1, 0, 0)
    assert figures(SWEARING, mask(3, 8)) == (1, 0, 0)


@pytest.mark.unit
def test_a_mask_on_part_of_the_word_is_a_miss_but_no_mistake() -> None:
    assert figures(CALLING, mask(6, 12, "phone")) == (0, 0, 0)


@pytest.mark.unit
def test_a_mask_elsewhere_or_over_everything_is_a_mistake() -> None:
    assert figures(SWEARING, mask(9, 11)) == (0, 1, 0)
    assert figures(CALLING, mask(0, 5, "phone")) == (0, 1, 0)
    assert figures(read("가 나 다 라 {욕} 마 바 사"), mask(0, 15)) == (1, 1, 0)


@pytest.mark.unit
def test_the_wrong_kind_hides_too_and_is_counted_apart() -> None:
    assert figures(CALLING, mask(6, 19, "account")) == (1, 0, 1)


@pytest.mark.unit
def test_nothing_hidden_is_nothing_found() -> None:
    assert figures(SWEARING) == (0, 0, 0)
    assert score([SWEARING], lambda _: ()).recall == 0


@pytest.mark.unit
def test_dealing_keeps_headings_and_takes_turns() -> None:
    halves = deal(["# plain", "{a} 1", "{b} 2", "c 3", "d 4", ""])
    assert halves == {"tune": ["# plain", "{a} 1", "d 4"], "eval": ["# plain", "{b} 2", "c 3"]}
