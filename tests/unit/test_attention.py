"""When a voice is held, when it goes on by itself, and when it waits for a decision."""

from __future__ import annotations

import pytest

from calls.media.attention import QUIET_MS, TICK_MS, UNDECIDED_MS, Attention, Verdict

pytestmark = pytest.mark.unit


def hear(attention: Attention, ms: int, *, voiced: bool) -> list[tuple[int, Verdict]]:
    """What is decided, and after how many ms."""
    told = []
    for tick in range(ms // TICK_MS):
        verdict = attention.tick(voiced)
        if verdict is not None:
            told.append(((tick + 1) * TICK_MS, verdict))
    return told


@pytest.mark.req("S2.12")
def test_a_voice_is_held_within_300_ms() -> None:
    ((after, verdict),) = hear(Attention(), 1000, voiced=True)
    assert verdict is Verdict.HOLD
    assert after < 300


def test_a_click_holds_nothing() -> None:
    attention = Attention()
    for _ in range(20):
        assert hear(attention, 80, voiced=True) == []
        assert hear(attention, 600, voiced=False) == []


def test_a_short_sound_lets_the_voice_go_on_by_itself() -> None:
    attention = Attention()
    hear(attention, 400, voiced=True)
    assert attention.held
    assert hear(attention, 1000, voiced=False) == [(QUIET_MS, Verdict.GO_ON)]
    assert not attention.held


def test_a_long_sound_waits_for_a_decision_and_is_taken_for_noise_without_one() -> None:
    attention = Attention()
    hear(attention, 1500, voiced=True)
    assert hear(attention, UNDECIDED_MS - TICK_MS, voiced=False) == []
    assert hear(attention, TICK_MS, voiced=False) == [(TICK_MS, Verdict.GO_ON)]


def test_it_is_held_again_only_by_a_new_sound() -> None:
    attention = Attention()
    hear(attention, 1500, voiced=True)
    assert attention.release() is Verdict.GO_ON
    assert attention.release() is None
    assert hear(attention, 100, voiced=True) == []
    assert hear(attention, 200, voiced=True)[0][1] is Verdict.HOLD
