"""What is done for each peer twice a second, spread over that time.

Done for all at once, the reports of a few hundred peers would keep everybody's sound waiting for some tens of milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from calls.media.room import Peer, Room

logger = logging.getLogger(__name__)

TICK_S = 0.5
PEERS_AT_ONCE = 4
"""Of these the clockwork keeps the port waiting for a millisecond or two."""

Present = tuple[Room, Peer]


async def run_clockwork(
    present: Callable[[], list[Present]], tick: Callable[[Room, Peer, bool], None]
) -> None:
    """For ever. `tick` is also told whether reports are due, which they are every other time."""
    reports = False
    while True:
        reports = not reports
        listed = present()
        for begin in range(0, len(listed), PEERS_AT_ONCE):
            for room, peer in listed[begin : begin + PEERS_AT_ONCE]:
                _tick(room, peer, reports, tick)
            await asyncio.sleep(TICK_S * PEERS_AT_ONCE / max(len(listed), PEERS_AT_ONCE))
        if not listed:
            await asyncio.sleep(TICK_S)


def _tick(room: Room, peer: Peer, reports: bool, tick: Callable[[Room, Peer, bool], None]) -> None:
    if room.peers.get(peer.id) is not peer:
        return
    try:
        tick(room, peer, reports)
    except Exception:
        # One peer's fault must not stop the clock of all the others.
        logger.exception("clockwork failed room=%s", room.id)
