"""A round of sound: what a port read together leaves together, listener by listener.

A packet that was said is kept in the clear until the round ends; then it is known what each listener hears in it (see slots.py
for how that is encrypted and sent). Within a round the order of the packets is free, since there is one of each stream at most:
the longest go first, which makes the fewest messages.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from calls.media.slots import Batch, Slots, knows_segments

if TYPE_CHECKING:
    from calls.media.outbox import Route

Said = tuple[int, bytes, list["Route"]]


class Round:
    """`say` takes a packet, `end` encrypts it for all who are to have it and sends it.

    `send` is for systems without sendmmsg, and for what the kernel will not cut. A round that fails leaves nothing behind for
    the next: all that it works on is its own.
    """

    def __init__(self, sock: socket.socket | None, send: Callable[[Any, tuple[str, int]], None]) -> None:
        self.number = 0
        """Of this round. Who said something in it already ends it first."""
        self.cuts = sock is not None and knows_segments(sock)
        self.slots = Slots(sock, send)
        self._said: list[Said] = []

    def say(self, wire: bytes, routes: list[Route]) -> None:
        """`wire` is the packet in the clear, with as many bytes behind it as the keys of these routes add."""
        if routes:
            self._said.append((len(wire), wire, routes))

    def end(self) -> None:
        said = self._said
        if not said:
            return
        self.number += 1
        self._said = []
        said.sort(key=_length_of, reverse=True)
        most = self.slots.most(said[0][0])
        for begin in range(0, len(said), most):
            self._send(said[begin : begin + most])

    def _send(self, said: list[Said]) -> None:
        heard: defaultdict[Route, list[int]] = defaultdict(list)
        for number, (_, _, routes) in enumerate(said):
            for route in routes:
                heard[route].append(number)
        wires = [wire for _, wire, _ in said]
        lengths = [size - routes[0].tag_bytes for size, _, routes in said]
        Batch(self.slots, wires, lengths, cuts=self.cuts).send(heard)


def _length_of(said: Said) -> int:
    return said[0]
