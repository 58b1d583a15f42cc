"""Speech is cut at pauses, nothing spoken is lost, and no piece is too long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.opus import SILENCE_20MS
from calls.media.segmenter import Begin, Cutting, Effect, End, Frame, Segmenter, Write

pytestmark = pytest.mark.unit

MS = 48
SPEECH = b"\xf8speech"


class Piece:
    """One utterance as it came out."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.frames: list[Frame] = []

    @property
    def end(self) -> int:
        return self.frames[-1].end if self.frames else self.start

    @property
    def voiced(self) -> list[int]:
        return [frame.start for frame in self.frames if frame.voiced]


def pieces(effects: list[Effect]) -> list[Piece]:
    out: list[Piece] = []
    is_open = False
    for effect in effects:
        if isinstance(effect, Begin):
            assert not is_open, "an utterance begins within another"
            out.append(Piece(effect.start))
            is_open = True
        elif isinstance(effect, Write):
            assert is_open, "a frame outside of an utterance"
            out[-1].frames.append(effect.frame)
        elif isinstance(effect, End):
            assert is_open, "an end without a beginning"
            is_open = False
    return out


def frames(*runs: tuple[str, int]) -> list[Frame]:
    """Runs of ("speech" | "quiet" | "nothing", milliseconds) as frames of 20 ms; "nothing" sends none."""
    out, at = [], 0
    for kind, ms in runs:
        for _ in range(ms // 20):
            if kind != "nothing":
                out.append(Frame(at, 960, SPEECH if kind == "speech" else b"\xf8quiet", kind == "speech"))
            at += 960
    return out


def cut(*runs: tuple[str, int], cutting: Cutting | None = None) -> list[Piece]:
    segmenter = Segmenter(cutting or Cutting())
    effects = [effect for frame in frames(*runs) for effect in segmenter.push(frame)]
    return pieces([*effects, *segmenter.finish()])


@pytest.mark.req("S1.8")
def test_two_sentences_become_two_pieces_with_context_on_either_side() -> None:
    first, second = cut(("quiet", 2000), ("speech", 1000), ("quiet", 3000), ("speech", 500), ("quiet", 2000))
    assert first.start == 1700 * MS
    assert first.end == 3300 * MS
    assert second.start == (6000 - 300) * MS
    assert second.end == (6500 + 300) * MS


def test_a_short_pause_does_not_cut() -> None:
    only = cut(("speech", 1000), ("quiet", 580), ("speech", 1000))
    assert [(piece.start, piece.end) for piece in only] == [(0, 2580 * MS)]


def test_the_shortest_pause_that_cuts_is_shared() -> None:
    first, second = cut(("speech", 1000), ("quiet", 600), ("speech", 1000))
    assert (first.end, second.start) == (1300 * MS, 1300 * MS)


def test_nothing_but_quiet_is_not_kept() -> None:
    assert cut(("quiet", 60_000)) == []


def test_a_gap_of_discontinuous_transmission_is_filled_with_silence() -> None:
    (only,) = cut(("speech", 400), ("nothing", 200), ("speech", 400))
    assert only.end - only.start == 1000 * MS
    assert [frame.payload for frame in only.frames if not frame.received] == [SILENCE_20MS] * 10
    assert [frame.start for frame in only.frames] == [number * 960 for number in range(50)]


def test_a_long_gap_ends_the_piece_and_costs_no_memory() -> None:
    first, second = cut(("speech", 400), ("nothing", 3_600_000), ("speech", 400))
    assert first.end == 700 * MS
    assert second.start == (400 + 3_600_000 - 300) * MS


def test_talk_without_a_pause_is_cut_at_the_limit_and_the_pieces_touch() -> None:
    parts = cut(("speech", 40_000))
    assert [part.end - part.start for part in parts] == [15_000 * MS, 15_000 * MS, 10_000 * MS]
    assert all(before.end == after.start for before, after in pairwise(parts))


def test_talk_with_a_breath_is_cut_there_when_it_is_long() -> None:
    first, second = cut(("speech", 13_000), ("quiet", 100), ("speech", 5_000))
    assert first.end == second.start == 13_060 * MS


def test_after_a_cut_at_a_breath_the_tail_of_the_last_word_is_kept() -> None:
    parts = cut(("speech", 13_000), ("quiet", 5_000))
    assert parts[-1].end >= 13_300 * MS


def test_late_and_overlapping_frames_are_passed_over() -> None:
    segmenter = Segmenter()
    ordered = frames(("speech", 200))
    effects = [e for frame in [*ordered, ordered[3]] for e in segmenter.push(frame)]
    (only,) = pieces([*effects, *segmenter.finish()])
    assert len(only.frames) == 10


run = st.tuples(st.sampled_from(["speech", "quiet", "nothing"]), st.integers(1, 400).map(lambda n: n * 20))


@given(st.lists(run, max_size=25), st.sampled_from([3_000, 15_000]))
def test_whatever_is_said_is_kept_once_in_order_and_in_bounds(
    runs: list[tuple[str, int]], max_ms: int
) -> None:
    cutting = Cutting(max_ms=max_ms)
    spoken = [frame for frame in frames(*runs) if frame.voiced]
    parts = cut(*runs, cutting=cutting)
    kept = [frame for part in parts for frame in part.frames]
    assert [frame for frame in kept if frame.voiced] == spoken
    assert all(before.end <= after.start for before, after in pairwise(kept))
    assert all(part.end - part.start <= max_ms * MS for part in parts)
    for part in parts:
        assert all(one.end == two.start for one, two in pairwise(part.frames)), "a hole within a piece"
        assert not part.frames or part.frames[0].start == part.start


@given(st.lists(run, max_size=25))
def test_speech_keeps_its_context_unless_the_other_piece_has_it(runs: list[tuple[str, int]]) -> None:
    parts = cut(*runs)
    heard = frames(*runs)
    if not heard:
        return
    kept = {frame.start for part in parts for frame in part.frames}
    for frame in (frame for frame in heard if frame.voiced):
        for step in range(-15, 16):
            neighbour = frame.start + step * 960
            if heard[0].start <= neighbour <= heard[-1].start:
                assert neighbour in kept
