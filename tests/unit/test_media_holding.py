"""When sound is collected, and when it is read as it comes; what is told to the garbage collector."""

from __future__ import annotations

import gc

import pytest

from calls.media import garbage
from calls.media.holding import HOLD_S, LEAST_HOLD_S, QUICK_READS, Holding

pytestmark = pytest.mark.unit

SLOW, QUICK = HOLD_S, HOLD_S / 2


def woken(holding: Holding, times: int, every: float, *, prompt: bool = False, since: float = 100.0) -> bool:
    """What the last of so many said."""
    return [holding.begins(since + every * time, prompt=prompt) for time in range(times)][-1]


def test_sound_is_collected_after_some_that_came_quickly_and_not_before() -> None:
    # The first of them came long after nothing.
    assert not woken(Holding(), QUICK_READS, QUICK)
    assert woken(Holding(), QUICK_READS + 1, QUICK)


def test_a_call_of_two_is_never_held() -> None:
    """Each sends a packet every 20 ms: two that come together, then nothing for long."""
    holding = Holding()
    for turn in range(50):
        assert not holding.begins(turn * 0.02, prompt=False)
        assert not holding.begins(turn * 0.02 + 0.001, prompt=False)


def test_nothing_is_collected_that_comes_slowly() -> None:
    assert not woken(Holding(), 10 * QUICK_READS, SLOW)


def test_a_pause_counts_from_the_beginning() -> None:
    holding = Holding()
    woken(holding, QUICK_READS, QUICK)
    assert not woken(holding, QUICK_READS, QUICK, since=200.0)


def test_pictures_are_not_held_and_end_the_collecting_of_sound() -> None:
    holding = Holding()
    assert not woken(holding, 10 * QUICK_READS, QUICK, prompt=True)
    assert woken(holding, QUICK_READS + 1, QUICK)
    assert not holding.goes_on(50, prompt=True)
    assert not holding.begins(100.0 + QUICK * (QUICK_READS + 1), prompt=False)


@pytest.mark.parametrize(("datagrams", "worth_it"), [(0, False), (1, False), (2, True), (80, True)])
def test_it_goes_on_while_several_come_at_once(datagrams: int, worth_it: bool) -> None:
    holding = Holding()
    woken(holding, QUICK_READS + 1, QUICK)
    assert holding.goes_on(datagrams, prompt=False) is worth_it


@pytest.mark.parametrize(
    ("took", "wait"), [(0.0, HOLD_S), (0.003, HOLD_S - 0.003), (HOLD_S, LEAST_HOLD_S), (1.0, LEAST_HOLD_S)]
)
def test_what_forwarding_took_is_part_of_the_wait(took: float, wait: float) -> None:
    assert Holding.wait_after(took) == pytest.approx(wait)


def test_the_longest_that_sound_is_kept_back_is_less_than_half_of_a_packet() -> None:
    assert HOLD_S < 0.01


def test_what_is_loaded_is_left_out_of_later_collections() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        garbage.settle()
        assert gc.get_threshold() == (garbage.NEW_OBJECTS, 20, 20)
        assert gc.get_freeze_count() > frozen
        assert not gc.get_objects(generation=2)
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def test_garbage_is_thrown_away_before_the_rest_is_kept_for_good() -> None:
    class Thing:
        pass

    thing = Thing()
    thing.itself = thing  # type: ignore[attr-defined]  # a cycle, which only the collector can free
    thresholds = gc.get_threshold()
    del thing
    try:
        garbage.settle()
        gc.unfreeze()
        assert not [one for one in gc.get_objects() if type(one) is Thing]
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
