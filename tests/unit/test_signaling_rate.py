"""The token bucket under a clock that is set by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.signaling.rate import Throttle, TokenBucket

pytestmark = pytest.mark.unit


def test_a_full_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=4, now=0)
    assert [bucket.take(0) for _ in range(5)] == [True] * 4 + [False]
    assert bucket.wait(0) == 0.5
    assert [bucket.take(1) for _ in range(3)] == [True, True, False]


def test_a_clock_that_jumps_back_changes_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=1, now=100)
    assert bucket.take(100)
    assert not bucket.take(50)
    assert bucket.take(101)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 10)), max_size=50))
def test_never_more_than_burst_plus_rate_times_time(steps: list[tuple[float, float]]) -> None:
    bucket = TokenBucket(rate=3, burst=7, now=0)
    now = taken = 0.0
    for pause, cost in steps:
        now += pause
        if bucket.take(now, cost):
            taken += cost
    assert taken <= 7 + 3 * now + 1e-6


def test_volume_is_limited_beside_the_number_of_frames() -> None:
    throttle = Throttle(frames_per_second=50, now=0)
    frames = 0
    while throttle.admit(200_000, 0):
        frames += 1
    assert frames == Throttle.BURST_BYTES // 200_000
    assert throttle.retry_after(200_000, 0) > 0


@pytest.mark.req("S2.9")
def test_a_minute_of_kept_audio_may_be_sent_at_once() -> None:
    throttle = Throttle(frames_per_second=50, now=0)
    assert all(throttle.admit(8_000, 0) for _ in range(60))
