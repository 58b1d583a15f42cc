"""A round of sound: what a port read together leaves together, listener by listener.

A packet that was said is kept in the clear until the round ends. Who then hears the same packets is sent the same bytes before
encryption and the same messages, so these are worked out once for all of them (a `Part`), and what is left for each is to encrypt
and to address them (see slots.py).

Within a round the order of the packets is free, since there is one of each stream at most: the longest go first, which makes the
fewest messages.
"""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from calls.media.slots import Part, Slots, knows_segments, stride_for

if TYPE_CHECKING:
    from calls.media.outbox import Route

Said = tuple[int, bytes, list["Route"]]
Kind = tuple[tuple[int, ...], int, bool]
"""What some listeners have in common: the packets that they hear, what their keys add, whether the kernel may cut for them."""


class Round:
    """`say` takes a packet, `end` encrypts it for all who are to have it and sends it.

    `send` is for systems without sendmmsg, and for what the kernel will not cut. A round that fails leaves nothing behind for the
    next: all that it works on is its own.
    """

    def __init__(self, sock: socket.socket | None, send: Callable[[Any, tuple[str, int]], None]) -> None:
        self.number = 0
        """Of this round. Who said something in it already ends it first."""
        self.cuts = sock is not None and knows_segments(sock)
        self.slots = Slots(sock, send)
        self._said: list[Said] = []

    def say(self, wire: bytes, routes: list[Route]) -> None:
        """`wire` is the packet in the clear, with as many bytes behind it as the keys of these routes add."""
        self._said.append((len(wire), wire, routes))

    def end(self) -> None:
        said = self._said
        if not said:
            return
        self.number += 1
        self._said = []
        if len(said) > 1:
            said.sort(key=_length_of, reverse=True)
        stride = stride_for(said[0][0])
        filled = [wire.ljust(stride, b"\0") for _, wire, _ in said]
        sizes = [size for size, _, _ in said]
        batch = self.slots.batch(stride)
        for (heard, tag, cut), routes in self._alike(said).items():
            for begin in range(0, len(heard), batch.capacity):
                places = heard[begin : begin + batch.capacity]
                packets = [filled[place] for place in places]
                batch.add(Part.of(packets, [sizes[place] for place in places], tag, cut=cut), routes)
        batch.post()

    def _alike(self, said: Sequence[Said]) -> dict[Kind, list[Route]]:
        """Who hears the same packets in the same form."""
        listening: defaultdict[Route, list[int]] = defaultdict(list)
        for place, (_, _, routes) in enumerate(said):
            for route in routes:
                listening[route].append(place)
        alike: defaultdict[Kind, list[Route]] = defaultdict(list)
        cuts = self.cuts
        for route, heard in listening.items():
            alike[tuple(heard), route.keys.tag_bytes, cuts and route.to.takes_segments].append(route)
        return alike


def _length_of(said: Said) -> int:
    return said[0]
