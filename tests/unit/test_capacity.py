"""The simulation behind the capacity figures, on cases that can be reckoned by hand."""

from __future__ import annotations

import pytest

from calls.media import recorder
from tests.bench import capacity
from tests.bench.capacity import CLOSING, PAUSE, WAYS, Cost, Costs, Spoken, calls, most_calls
from transcripts.actions import load, partials

pytestmark = pytest.mark.unit


def always(seconds: float) -> Costs:
    cost: Cost = lambda _: seconds  # noqa: E731 (a constant function has no better name)
    return Costs(cost, cost, cost, cost)


HALF = always(0.5)


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
    WAYS[way](spoken, always(0.1))
    assert all(0 < delay < 30 for each in spoken for delay in each.delays())


def test_a_draft_shows_all_but_the_last_words_that_were_said_by_then() -> None:
    """Told at 1.5, 2.5 and 3.5 s, half a second each: two words stand at 2 s, two more at 3, the others when all is said;
    the third draft came too late, and made the caption wait.
    """
    at = [2.0, 2.0, 3.0, 3.0, 4.5, 4.5, 4.5, 4.5]
    assert delays("pauses and partials", Spoken(0, 3)) == [
        pytest.approx(shown - 0.375 * (word + 1)) for word, shown in enumerate(at)
    ]


def test_no_draft_goes_before_a_finished_utterance() -> None:
    """It waits for one that is being made at most, however many speakers go on."""
    alone = delays("pauses and partials", Spoken(0, 1))
    amid = [Spoken(0, 1), *(Spoken(0, 12) for _ in range(6))]
    assert delays("pauses and partials", *amid)[: len(alone)] <= [delay + 0.5 for delay in alone]


def test_the_simulation_has_the_numbers_of_the_product() -> None:
    assert (capacity.FIRST_TOLD, capacity.TOLD_AGAIN) == (
        recorder.GROWN_FIRST_MS / 1000,
        recorder.GROWN_AGAIN_MS / 1000,
    )
    assert recorder.FLUSH_EVERY_S == capacity.FLUSHED
    assert (partials.EXPIRES_SECONDS, partials.HELD_WORDS) == (capacity.EXPIRES, capacity.HELD_WORDS)
    assert (load.RISE_SECONDS[0], load.CALM_SECONDS) == (capacity.BEHIND, capacity.CALM)


def test_somebody_speaks_for_four_fifths_of_the_time() -> None:
    spoken = calls(20)
    share = sum(u.end - u.start for u in spoken) / (20 * 600)
    assert 0.75 <= share <= 0.85


def test_calls_within_a_limit_are_counted() -> None:
    assert most_calls([1.0, 2.0, 5.0, 3.0], 2.5) == 2
    assert most_calls([1.0, 2.0], 2.5) == 2
    assert most_calls([3.0], 2.5) == 0
