"""One packet of sound to everybody who listens.

Each listener has a place of its own in the memory that the kernel takes datagrams from, where its ssrc and its address stay
from packet to packet. What is left for each of them is to write what is new, to encrypt, and nothing more:

    bytes   0..8      8..12   12..
            numbers   ssrc    payload, and behind it libsrtp's tag
            new       stays   new

Listeners that are numbered alike (all but those who paused) are given the same eight bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import LONGEST, Batch
from calls.media.outbox import Outbox, Route

NUMBERS = struct.Struct("!BBHL")
"""The first eight bytes of an RTP header: version, marker and payload type, sequence number, time."""
SSRC = struct.Struct("!L")
NUMBERS_BYTES, HEADER_BYTES = 8, 12
FIRST_PLACES = 4

pack_numbers = NUMBERS.pack


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

    def __init__(self) -> None:
        self.tally = Tally()
        self._batch = Batch(0)
        self._lanes: list[Lane] = []
        self._groups: list[tuple[int, list[tuple[Any, Any, Any]]]] = []
        self._tags: list[tuple[Any, int]] = []
        self._length = srtp_ffi.new("int *")
        self._payload_bytes = -1
        self._outbox: Outbox | None = None
        self._flushes = -1

    def begin_tally(self) -> Tally:
        self.tally = Tally()
        return self.tally

    def arrange(self, lanes: Sequence[Lane]) -> None:
        self._wait_for_the_last()
        self._payload_bytes = -1
        self._outbox = lanes[0].route.outbox if lanes else None
        # The lanes hold what the raw pointers below point to.
        self._lanes = sorted(lanes, key=lambda lane: lane.offset)
        if len(lanes) > self._batch.size:
            self._batch = Batch(max(FIRST_PLACES, 2 * self._batch.size, len(lanes)))
        batch, place = self._batch, 0
        self._groups, self._tags = [], []
        for offset, alike in groupby(self._lanes, key=lambda lane: lane.offset):
            places = []
            for lane in alike:
                batch.address(place, lane.route.to)
                batch.views[place][NUMBERS_BYTES:HEADER_BYTES] = SSRC.pack(lane.ssrc)
                places.append((batch.views[place], batch.memory[place], lane.route.keys.raw))
                self._tags.append((batch.iovs[place], HEADER_BYTES + lane.route.keys.tag_bytes))
                place += 1
            self._groups.append((offset, places))

    def send(
        self,
        second: int,
        number: int,
        timestamp: int,
        payload: bytes,
        protect: Callable[..., int] = srtp_lib.srtp_protect,
    ) -> None:
        """`second` is the second byte of the header, marker and payload type."""
        size = len(payload)
        ends = HEADER_BYTES + size
        if not self._lanes or ends > LONGEST:
            return
        self._wait_for_the_last()
        length, refused, place = self._length, [], 0
        for offset, places in self._groups:
            numbers = pack_numbers(0x80, second, (number + offset) & 0xFFFF, timestamp)
            for view, memory, keys in places:
                view[0:8] = numbers
                view[12:ends] = payload
                length[0] = ends
                if protect(keys, memory, length):
                    refused.append(place)
                place += 1
        if size != self._payload_bytes:
            self._resize(size)
        self.tally.packets += 1
        self.tally.octets += size
        self._gather(refused)

    def flush(self) -> None:
        """What was sent leaves now, at the latest."""
        if self._outbox is not None:
            self._outbox.flush()

    def _wait_for_the_last(self) -> None:
        """The places are not free before the packet that lies in them has left."""
        if self._outbox is not None and self._outbox.flushes == self._flushes:
            self._outbox.flush()

    def _gather(self, refused: list[int]) -> None:
        """Leave out what libsrtp did not encrypt."""
        outbox = self._outbox
        assert outbox is not None
        begin = 0
        for place in [*refused, len(self._lanes)]:
            if begin < place:
                outbox.gather(self._batch, begin, place)
            begin = place + 1
        self._flushes = outbox.flushes

    def _resize(self, size: int) -> None:
        """Most packets of a stream are as long as the one before."""
        self._payload_bytes = size
        for iov, around in self._tags:
            iov.len = around + size
