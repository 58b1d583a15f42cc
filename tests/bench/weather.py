"""A bad network in user space: a relay between a party and the server that loses, delays and narrows, without a kernel module.

What netem does, for one socket: `loss` is a share of the packets, each is late by `delay_s` give or take `jitter_s` (normally
distributed, and so out of order), and `bps` is the width of a line whose queue holds `QUEUE_S`; what does not fit is dropped.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any, cast

QUEUE_S = 0.5
"""What a cheap router keeps for a line that is full."""
HEADERS = 28
"""IP and UDP, which a line carries too."""


@dataclass(frozen=True)
class Weather:
    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    bps: float = 0.0
    """0: as wide as it likes."""


GOOD = Weather()


class Line:
    """One direction."""

    def __init__(self, seed: int) -> None:
        self.weather = GOOD
        self._dice = random.Random(seed)
        self._free_at = 0.0

    def lateness(self, size: int, now: float) -> float | None:
        """Seconds until a packet of this size is there; None when it is lost."""
        weather = self.weather
        if self._dice.random() < weather.loss:
            return None
        waits = 0.0
        if weather.bps:
            begin = max(now, self._free_at)
            if begin - now > QUEUE_S:
                return None
            self._free_at = begin + 8 * (size + HEADERS) / weather.bps
            waits = self._free_at - now
        return waits + max(0.0, self._dice.gauss(weather.delay_s, weather.jitter_s))


class Station(asyncio.DatagramProtocol):
    """What the party takes for the server. `open` gives its address; `weather` may change at any time."""

    def __init__(self, server: tuple[str, int], seed: int) -> None:
        self._server = server
        self._lines = {True: Line(seed), False: Line(seed + 1)}
        self._party: Any = None
        self._near: asyncio.DatagramTransport | None = None
        self._far: asyncio.DatagramTransport | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self) -> tuple[str, int]:
        make = self._loop.create_datagram_endpoint
        near, _ = await make(lambda: self, local_addr=("127.0.0.1", 0))
        far, _ = await make(lambda: _Back(self), remote_addr=self._server)
        self._near, self._far = near, far
        return cast(tuple[str, int], near.get_extra_info("sockname"))

    def becomes(self, weather: Weather) -> None:
        for line in self._lines.values():
            line.weather = weather

    def close(self) -> None:
        for transport in (self._near, self._far):
            if transport is not None:
                transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._party = addr
        self._carry(data, up=True)

    def came_back(self, data: bytes) -> None:
        self._carry(data, up=False)

    def _carry(self, data: bytes, *, up: bool) -> None:
        late = self._lines[up].lateness(len(data), self._loop.time())
        if late == 0:
            self._deliver(data, up)
        elif late is not None:
            self._loop.call_later(late, self._deliver, data, up)

    def _deliver(self, data: bytes, up: bool) -> None:
        if up and self._far is not None and not self._far.is_closing():
            self._far.sendto(data)
        elif not up and self._near is not None and not self._near.is_closing() and self._party:
            self._near.sendto(data, self._party)


class _Back(asyncio.DatagramProtocol):
    def __init__(self, station: Station) -> None:
        self._station = station

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._station.came_back(data)
