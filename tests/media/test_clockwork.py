"""What is done for each peer twice a second."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from calls.media import clockwork
from calls.media.room import Peer, Room

pytestmark = pytest.mark.media


async def ticked(
    monkeypatch, rooms: list[Room], turns: int, fails: str = ""
) -> tuple[list[Any], list[float]]:
    """Who was ticked in so many turns of the clock, and how long it slept after each part of them."""
    found: list[Any] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        found.append("slept")
        if sum(slept) >= turns * clockwork.TICK_S - 1e-6:
            raise asyncio.CancelledError

    def tick(room: Room, peer: Peer, reports: bool) -> None:
        found.append((peer.id, reports))
        if peer.id == "p0":
            room.peers.pop(fails, None)
            raise ValueError

    monkeypatch.setattr(clockwork.asyncio, "sleep", sleep)
    with contextlib.suppress(asyncio.CancelledError):
        await clockwork.run_clockwork(lambda: [(r, p) for r in rooms for p in r.peers.values()], tick)
    return found, slept


def room_of(*names: str) -> Room:
    room = Room("room")
    for name in names:
        room.peers[name] = Peer(name, "", record=False, now=0.0)
    return room


async def test_peers_are_spread_over_the_time_and_reports_are_due_every_other_turn(monkeypatch) -> None:
    rooms = [room_of("a", "b", "c"), room_of("d", "e", "f", "g", "h")]
    found, slept = await ticked(monkeypatch, rooms, turns=2)
    turn = [*"abcd", "slept", *"efgh", "slept"]
    assert found == [
        name if name == "slept" else (name, reports) for reports in (True, False) for name in turn
    ]
    assert slept == [0.25] * 4


async def test_a_fault_with_one_peer_stops_no_other_and_who_left_meanwhile_is_left_out(
    monkeypatch, caplog
) -> None:
    found, _ = await ticked(monkeypatch, [room_of("p0", "p1", "p2")], turns=1, fails="p1")
    assert found == [("p0", True), ("p2", True), "slept"]
    assert [record.message for record in caplog.records] == ["clockwork failed room=room"]


async def test_an_empty_node_waits_a_whole_turn(monkeypatch) -> None:
    assert await ticked(monkeypatch, [], turns=1) == (["slept"], [0.5])
