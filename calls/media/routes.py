"""Ways to clients. What is asked of each for every packet lies in columns, where compiled code finds it by a route's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi

from calls.media.datagrams import Destination

if TYPE_CHECKING:
    from calls.media.outbox import Outbox

FIRST_PLACES = 64
NOTHING = -1


class Keys:
    """One half of a client's SRTP session: what encrypts for it, or decrypts what it sends."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.raw = session._srtp[0]
        self.where = int(srtp_ffi.cast("uintptr_t", self.raw))


class Columns(NamedTuple):
    keys: Any
    names: Any
    """Where the kernel finds the address."""
    cuts: Any
    """Until a message that the kernel was to cut was refused there."""
    heard: Any
    """While a round is sent: the first and the last of what is heard there."""


class Routes:
    """A place is somebody else's when nobody holds its route any more."""

    def __init__(self) -> None:
        self._free: list[int] = []
        self.columns = _columns(0)

    def take(self, keys: Keys, to: Destination) -> int:
        if not self._free:
            self._grow()
        place, columns = self._free.pop(), self.columns
        columns.keys[place], columns.names[place], columns.cuts[place] = keys.where, to.where, True
        return place

    def give_back(self, place: int) -> None:
        self.columns.keys[place] = self.columns.names[place] = 0
        self._free.append(place)

    def _grow(self) -> None:
        before = len(self.columns.keys)
        more = max(FIRST_PLACES, before)
        self._free = list(range(before, before + more))
        self.columns = Columns(
            *(np.concatenate(pair) for pair in zip(self.columns, _columns(more), strict=True))
        )


def _columns(places: int) -> Columns:
    return Columns(
        np.zeros(places, np.int64),
        np.zeros(places, np.int64),
        np.zeros(places, np.bool_),
        np.full((places, 2), NOTHING, np.int32),
    )


class Route:
    """How packets get to a client: encrypted with its keys, by its port's outbox, to where it is.

    Whoever has packets for it under way holds it: its place, and what the columns point to, are there for so long.
    """

    __slots__ = ("keys", "outbox", "place", "to")

    def __init__(self, outbox: Outbox, keys: Keys, to: Destination) -> None:
        self.outbox = outbox
        self.keys = keys
        self.to = to
        self.place = outbox.routes.take(keys, to)

    def __del__(self) -> None:
        self.outbox.routes.give_back(self.place)
