"""The simulation behind the capacity figures, on cases that can be reckoned by hand."""

from __future__ import annotations

import pytest

from tests.bench.capacity import CLOSING, PAUSE, WAYS, Costs, Spoken, calls, most_calls

pytestmark = pytest.mark.unit
HALF = Costs(final=lambda _: 0.5, draft=lambda _: 0.5)


def delays(way: str, *spoken: Spoken) -> list[float]:
    WAYS[way](list(spoken), HALF)
    return [round(delay - CLOSING, 3) for each in spoken for delay in each.delays()]


def test_after_a_pause_every_word_comes_at_once() -> None:
    """Two seconds, five words: the last waits for the pause and the decode, the first for the others too."""
    assert delays("pauses", Spoken(10, 12)) == [
        pytest.approx(2.0 - said + PAUSE + 0.5) for said in (0.4, 0.8, 1.2, 1.6, 2.0)
    ]


def test_a_second_speaker_waits_for_the_core() -> None:
    first, second = delays("pauses", Spoken(0, 0.4), Spoken(0, 0.4))
    assert second == pytest.approx(first + 0.5)


def test_re_decoding_shows_a_word_when_two_decodes_have_it() -> None:
    """Decodes at 1, 2 and 2.6 s: the words before 1 s are agreed on by the second one, the rest at the end."""
    found = delays("every second", Spoken(0, 2))
    assert found == [pytest.approx(t) for t in (2.1, 1.7, 1.9, 1.5, 1.1)]
    assert delays("about every second", Spoken(0, 2)) == found


def test_under_load_only_the_lenient_way_leaves_decodes_out() -> None:
    busy = [Spoken(0, 10) for _ in range(4)]
    strict = delays("every second", *busy)
    lenient = delays("about every second", *[Spoken(0, 10) for _ in range(4)])
    assert max(lenient) < max(strict)


def test_partials_show_words_of_a_long_utterance_early_and_cost_the_final_nothing() -> None:
    plain = delays("pauses", Spoken(0, 8))
    with_partials = delays("pauses and partials", Spoken(0, 8))
    assert max(with_partials) < max(plain) / 2
    assert with_partials[-1] <= plain[-1] + 0.5


@pytest.mark.parametrize("way", list(WAYS))
def test_every_word_is_shown_after_it_was_said(way: str) -> None:
    spoken = calls(2)
    WAYS[way](spoken, Costs(final=lambda _: 0.1, draft=lambda _: 0.1))
    assert all(0 < delay < 30 for each in spoken for delay in each.delays())


def test_somebody_speaks_for_four_fifths_of_the_time() -> None:
    spoken = calls(20)
    share = sum(u.end - u.start for u in spoken) / (20 * 600)
    assert 0.75 <= share <= 0.85


def test_calls_within_a_limit_are_counted() -> None:
    assert most_calls([1.0, 2.0, 5.0, 3.0], 2.5) == 2
    assert most_calls([1.0, 2.0], 2.5) == 2
    assert most_calls([3.0], 2.5) == 0
