"""A round of sound: what a port read together leaves together, listener by listener.

A packet that was said is kept in the clear until the round ends; then it is known what each listener hears in it (see
postroom.py for how that is encrypted and sent). Within a round the order of the packets is free, since there is one of each
stream at most: the longest go first, which makes the fewest messages.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from calls.media.postroom import BEGINS, COUNT, FIRST, LENGTH, PostRoom
from calls.media.routes import Route, Routes


class Listeners:
    """Who is sent the same bytes. Never changed: a round may still hold them when others listen already."""

    __slots__ = ("count", "places", "routes")

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self.count = len(self.routes)
        self.places = np.array([route.place for route in self.routes], np.int32).tobytes()


Said = tuple[int, bytes, Listeners]


class Round:
    """`say` takes a packet in the clear, `end` encrypts it for all who are to have it and sends it.

    A round that fails leaves nothing behind for the next.
    """

    def __init__(self, sock: socket.socket | None, routes: Routes) -> None:
        self.number = 0
        """Of this round. Who said something in it already ends it first."""
        self.post_room = None if sock is None else PostRoom(sock)
        self._routes = routes
        self._said: list[Said] = []

    def say(self, packet: bytes, listeners: Listeners) -> None:
        self._said.append((len(packet), packet, listeners))

    def end(self) -> None:
        said = self._said
        if not said:
            return
        self.number += 1
        self._said = []
        if self.post_room is None:
            return
        lengths, packets, listeners = zip(*said, strict=True)
        counts = [one.count for one in listeners]
        columns = np.empty((len(said), 4), np.int64)
        columns[:, BEGINS] = list(accumulate(lengths[:-1], initial=0))
        columns[:, LENGTH] = lengths
        columns[:, FIRST] = list(accumulate(counts[:-1], initial=0))
        columns[:, COUNT] = counts
        heard_by = bytearray().join([one.places for one in listeners])
        self.post_room.send(bytearray().join(packets), columns, heard_by, self._routes)
