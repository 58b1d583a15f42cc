"""One packet of sound to everybody who listens.

Listeners who are numbered alike (all but those who paused) and know the stream by the same ssrc are to have the same bytes
before encryption; these are made once. What follows is the round's work (see rounds.py).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from calls.media.datagrams import LONGEST
from calls.media.express import Group
from calls.media.outbox import Outbox
from calls.media.rounds import Listeners
from calls.media.routes import Route

HEADER = struct.Struct("!BBHLL")
HEADER_BYTES = HEADER.size

pack_header = HEADER.pack


class Lane(NamedTuple):
    """One listener: `offset` is what is added to the producer's numbers."""

    ssrc: int
    offset: int
    route: Route


class Tally:
    """How much everybody in a fan was sent, counted once for all."""

    __slots__ = ("octets", "packets")

    def __init__(self) -> None:
        self.packets = self.octets = 0


class Fan:
    """`arrange` says who listens, `send` gives a packet to all of them, which leaves at the outbox's next flush."""

    __slots__ = ("_groups", "_last_round", "_outbox", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self._groups: list[tuple[int, int, Listeners]] = []
        """Offset, ssrc, and who is sent the same."""
        self._outbox: Outbox | None = None
        self._last_round = -1

    def begin_tally(self) -> Tally:
        self.tally = Tally()
        return self.tally

    def arrange(self, lanes: Sequence[Lane]) -> None:
        self._outbox = lanes[0].route.outbox if lanes else None
        alike: dict[tuple[int, int], list[Route]] = {}
        for ssrc, offset, route in lanes:
            alike.setdefault((offset, ssrc), []).append(route)
        self._groups = [(*same, Listeners(routes)) for same, routes in alike.items()]

    def groups(self) -> list[Group]:
        return [(offset, ssrc, listeners.places) for offset, ssrc, listeners in self._groups]

    def send(self, second: int, number: int, timestamp: int, payload: bytes) -> None:
        """`second` is the second byte of the header, marker and payload type."""
        size, outbox = len(payload), self._outbox
        if outbox is None or HEADER_BYTES + size > LONGEST:
            return
        sound = outbox.round
        if sound.number == self._last_round:
            # A round may change the order of its packets.
            sound.end()
        self._last_round = sound.number
        for offset, ssrc, listeners in self._groups:
            head = pack_header(0x80, second, (number + offset) & 0xFFFF, timestamp, ssrc)
            sound.say(head + payload, listeners)
        self.tally.packets += 1
        self.tally.octets += size

    def flush(self) -> None:
        """What was sent leaves now, at the latest."""
        if self._outbox is not None:
            self._outbox.flush()
