"""How much a receiver can take, what it is sent for that, what a sender is told of its packets, and who speaks."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.bandwidth import (
    FLOOR_BPS,
    NOTHING,
    START_BPS,
    Demand,
    Downlink,
    allocate,
    highest_for,
)
from calls.media.speaking import Speakers
from calls.media.transport_cc import LONGEST, TICK, Arrivals

pytestmark = pytest.mark.unit

RATES = (150_000.0, 500_000.0, 1_500_000.0)


def demand(*, highest: int = 2, current: int = NOTHING, weight: float = 1.0, rates=RATES) -> Demand:
    return Demand(rates=rates, highest=highest, current=current, weight=weight)


class TestSharing:
    @pytest.mark.parametrize(
        ("budget", "given_layers"),
        [(5e6, [2, 2]), (2.5e6, [2, 1]), (1.2e6, [1, 1]), (400e3, [0, 0]), (200e3, [0, -1]), (10e3, [-1, -1])],
    )  # fmt: skip
    def test_first_something_for_everybody_then_more(self, budget: float, given_layers: list[int]) -> None:
        assert allocate(budget, [demand(weight=2), demand(weight=1)]) == given_layers

    def test_who_has_a_layer_keeps_it_with_less_room_than_it_needs_to_get_it(self) -> None:
        assert allocate(1_600_000, [demand(current=2)]) == [2]
        assert allocate(1_600_000, [demand(current=1)]) == [1]

    def test_a_layer_that_is_not_sent_is_not_given(self) -> None:
        assert allocate(5e6, [demand(rates=(150_000.0, 0.0, 0.0))]) == [0]
        assert allocate(5e6, [demand(rates=(0.0, 0.0, 0.0), highest=1)]) == [1]
        assert allocate(5e6, [demand(rates=(0.0, 0.0, 900.0), highest=0)]) == [2]

    @given(
        st.floats(0, 1e7),
        st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 2), st.floats(0, 1e6)), max_size=12),
    )
    def test_never_more_than_there_is(self, budget: float, wishes: list[tuple[int, int, float]]) -> None:
        demands = [demand(highest=high, current=now, weight=weight) for high, now, weight in wishes]
        layers = allocate(budget, demands)
        spent = sum(one.rates[layer] for one, layer in zip(demands, layers, strict=True) if layer != NOTHING)
        assert spent <= budget + 1
        assert all(layer <= one.highest for one, layer in zip(demands, layers, strict=True))

    def test_the_most_important_small_picture_is_sent_without_room_where_that_is_wanted(self) -> None:
        demands = [demand(weight=1), demand(weight=2)]
        assert allocate(10e3, demands, one_in_any_case=True) == [NOTHING, 0]
        assert allocate(10e3, [demand(rates=(900_000.0,), highest=0)], one_in_any_case=True) == [NOTHING]
        assert allocate(400e3, demands, one_in_any_case=True) == allocate(400e3, demands)

    def test_the_smallest_that_fills_the_tile(self) -> None:
        sizes = [(320, 180), (640, 360), (1280, 720)]
        assert [highest_for(sizes, (width, width * 9 // 16), 7) for width in (100, 380, 500, 1900)] == [
            0,
            0,
            1,
            2,
        ]
        assert highest_for(sizes, (1900, 1000), 1) == 1
        assert highest_for(sizes, None, 7) == 2
        assert highest_for([None, None], (10, 10), 7) == 1


class TestDownlink:
    def test_loss_takes_it_down_at_once_and_calm_brings_it_back_slowly(self) -> None:
        downlink = Downlink()
        downlink.loss_told(0.3, 1_000_000, 1.0)
        assert downlink.bps == pytest.approx(850_000)
        for second in range(2, 5):
            downlink.loss_told(0.0, 800_000, float(second))
        assert downlink.bps == pytest.approx(850_000)
        for second in range(5, 30):
            downlink.loss_told(0.0, 800_000, float(second))
        assert downlink.bps > START_BPS

    def test_each_failure_in_a_row_waits_longer_for_the_next_try(self) -> None:
        downlink, falls = Downlink(), []
        for second in range(300):
            lossy = downlink.bps > 1_000_000
            if lossy:
                falls.append(second)
            downlink.loss_told(0.3 if lossy else 0.0, min(downlink.bps, 1_000_000), float(second))
        gaps = [after - before for before, after in pairwise(falls)]
        assert len(falls) < 15
        assert max(gaps[:6]) > 3 * gaps[1]

    def test_one_bad_moment_costs_nobody_the_whole_picture(self) -> None:
        downlink = Downlink()
        downlink.loss_told(0.6, 70_000, 1.0)
        assert downlink.bps == FLOOR_BPS
        assert downlink.takes_one_picture(1.0)
        for moment in (1.1, 1.2, 1.3):  # estimates that belong to the same moment
            downlink.estimate_told(10_000, 70_000, moment)
        assert downlink.takes_one_picture(1.4)
        downlink.loss_told(0.6, 70_000, 2.0)
        downlink.loss_told(0.0, 70_000, 3.0)
        downlink.loss_told(0.6, 70_000, 4.0)
        downlink.loss_told(0.6, 70_000, 9.0)
        downlink.loss_told(0.6, 70_000, 10.0)
        assert downlink.takes_one_picture(10.0)

    def test_a_narrow_way_gets_no_picture_and_is_tried_less_and_less_often(self) -> None:
        downlink, sent = Downlink(), []
        for second in range(200):
            picture = downlink.takes_one_picture(float(second))
            sent.append(picture)
            downlink.loss_told(0.4 if picture else 0.0, 160_000 if picture else 40_000, float(second))
        starts = [at for at in range(1, 200) if sent[at] and not sent[at - 1]]
        assert sent[:3] == [True] * 3
        assert len(starts) < 8
        assert all(sum(sent[at : at + 4]) == 3 for at in starts[:-1])
        assert starts[-1] - starts[-2] > 2 * (starts[1] - starts[0])

    def test_an_estimate_counts_where_it_is_filled(self) -> None:
        downlink = Downlink()
        downlink.estimate_told(300_000, 100_000, 1.0)
        assert downlink.bps == START_BPS
        downlink.estimate_told(300_000, 400_000, 2.0)
        assert downlink.bps == 300_000
        downlink.estimate_told(0, 400_000, 3.0)
        assert downlink.bps == FLOOR_BPS

    def test_an_estimate_speaks_of_pictures_and_leaves_the_sound_its_room(self) -> None:
        downlink = Downlink()
        downlink.estimate_told(300_000, 400_000, 1.0, beside_bps=120_000)
        assert downlink.bps == 420_000

    def test_of_still_pictures_an_estimate_says_nothing(self) -> None:
        """Three dark rooms of 10 kbit/s, as Chromium reported them: 30,744, and 120,000 of sound beside."""
        downlink = Downlink()
        downlink.estimate_told(30_744, 28_539, 1.0, beside_bps=120_000)
        assert downlink.bps == START_BPS


def told(bodies: list[bytes]) -> dict[int, int | None]:
    """What feedback says: arrival in ticks by number, None for missing."""
    found: dict[int, int | None] = {}
    for body in bodies:
        base, count, reference = struct.unpack_from("!HHL", body)
        at = 8
        symbols: list[int] = []
        while len(symbols) < count:
            (chunk,) = struct.unpack_from("!H", body, at)
            assert chunk >> 14 == 3
            symbols += [chunk >> (12 - 2 * place) & 3 for place in range(7)]
            at += 2
        ticks = (reference >> 8) * 256
        for place, symbol in enumerate(symbols[:count]):
            number = base + place & 0xFFFF
            if not symbol:
                found.setdefault(number, None)
                continue
            (delta,) = struct.unpack_from("!B" if symbol == 1 else "!h", body, at)
            at += symbol
            ticks += delta
            found[number] = ticks
        assert at == len(body)
    return found


class TestArrivals:
    @given(
        st.integers(0, 0xFFFF),
        st.lists(st.tuples(st.booleans(), st.floats(0, 0.5)), min_size=1, max_size=400),
    )
    def test_the_feedback_says_what_came_and_when(self, start: int, fates: list[tuple[bool, float]]) -> None:
        arrivals, now, came, bodies = Arrivals(), 100.0, {}, []
        for place, (arrives, pause) in enumerate(fates):
            now += pause
            if arrives:
                came[start + place & 0xFFFF] = int(now / TICK)
                arrivals.note(start + place & 0xFFFF, now)
            if place % 50 == 49:
                bodies += arrivals.feedback()
        bodies += arrivals.feedback()
        assert len(arrivals) == 0
        assert {number: at for number, at in told(bodies).items() if at is not None} == came

    def test_an_outage_does_not_make_endless_feedback(self) -> None:
        arrivals = Arrivals()
        arrivals.note(0, 1.0)
        arrivals.note(30_000, 2.0)
        assert told(arrivals.feedback()) == {30_000: 8000}
        for number in range(1, 5000):
            arrivals.note(30_000 + number & 0xFFFF, 2.0 + number / 1000)
        bodies = arrivals.feedback()
        assert max(len(body) for body in bodies) < 1200
        assert LONGEST > 100

    @given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 20)), max_size=100))
    def test_no_numbers_of_a_sender_make_it_fail(self, packets: list[tuple[int, float]]) -> None:
        arrivals = Arrivals()
        for number, now in packets:
            arrivals.note(number, now)
        arrivals.feedback()
        assert len(arrivals) == 0


class TestSpeakers:
    def test_who_is_loud_for_a_while_is_the_speaker(self) -> None:
        room = Speakers()
        assert room.decide({"alice": 20, "cara": 127}) is None
        assert room.decide({"alice": 20, "cara": 127}) == "alice"
        assert room.decide({"alice": 20, "cara": 127}) is None
        assert room.level("alice") == 20

    def test_a_cough_and_a_pause_between_words_change_nothing(self) -> None:
        room = Speakers()
        for levels in [(20, 127)] * 3 + [(20, 12)] + [(20, 127)] * 4 + [(127, 127)] * 3:
            changed = room.decide({"alice": levels[0], "cara": levels[1]})
        assert changed is None
        assert room.speaker == "alice"

    def test_the_next_one_takes_over_when_the_speaker_is_quiet_or_drowned(self) -> None:
        room = Speakers()
        told = [room.decide({"alice": 20, "cara": 127}) for _ in range(3)]
        told += [room.decide({"alice": 127, "cara": 30}) for _ in range(8)]
        told += [room.decide({"alice": 10, "cara": 30}) for _ in range(3)]
        assert [one for one in told if one] == ["alice", "cara", "alice"]

    def test_equals_do_not_flicker(self) -> None:
        room = Speakers()
        told = [room.decide({"alice": 20 + n % 2 * 4, "cara": 22}) for n in range(100)]
        assert len([one for one in told if one]) == 1

    def test_who_leaves_is_forgotten_and_silence_is_nobody(self) -> None:
        room = Speakers()
        for _ in range(3):
            room.decide({"alice": 20})
        assert room.decide({"cara": None}) is None
        assert room.speaker is None
        for _ in range(10):
            assert room.decide({"cara": 80}) is None
