"""What the kernel is given of a round: to everyone what they hear, in messages that it cuts where packets end."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.compiled import of_c_library
from calls.media.datagrams import Destination, ffi
from calls.media.postroom import (
    BEGINS,
    COUNT,
    FIRST,
    LENGTH,
    MOST_BYTES,
    MOST_SEGMENTS,
    PROTECT,
    SENDMMSG,
    PostRoom,
)
from calls.media.routes import FIRST_PLACES, NOTHING, Route, Routes

pytestmark = pytest.mark.media

LISTENERS = 5
LENGTHS = st.integers(12, 1300) | st.sampled_from([40, 90, 120, 1300])
ROUNDS = st.lists(
    st.tuples(LENGTHS, st.sets(st.integers(0, LISTENERS - 1), max_size=LISTENERS)), min_size=1, max_size=150
)


class NoKeys:
    where = 0


class Kernel:
    """Takes messages in place of the kernel. Nothing is encrypted, so a packet can be told from the others."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, bytes, int]] = []
        """To whom (by the address of their name), the bytes, and the length that they are to be cut into (0: not at all)."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            self.room = PostRoom(sock)
        self._callback = ffi.callback("int(intptr_t, intptr_t, intptr_t, intptr_t)", self._take)
        self.room.means[SENDMMSG] = int(ffi.cast("uintptr_t", self._callback))
        # Its answer is its argument, the keys, which are 0.
        self.room.means[PROTECT] = of_c_library("htonl")
        self.routes = Routes()
        self.to = [Destination(("127.0.0.1", 4000 + number), socket.AF_INET) for number in range(LISTENERS)]
        keys: Any = NoKeys
        self.places = [self.routes.take(keys, one) for one in self.to]

    def _take(self, number: int, messages: int, count: int, flags: int) -> int:
        for message in ffi.cast("struct mmsghdr *", messages)[0:count]:
            head = message.head
            data = bytes(ffi.buffer(head.iov[0].base, head.iov[0].len))
            segment = int(ffi.cast("uint16_t *", head.control + 16)[0]) if head.controllen else 0
            self.taken.append((int(ffi.cast("uintptr_t", head.name)), data, segment))
        return count

    def packets(self) -> Iterator[tuple[int, list[bytes]]]:
        """Each message as what the kernel would make of it."""
        for name, data, segment in self.taken:
            step = segment or len(data)
            yield name, [data[begin : begin + step] for begin in range(0, len(data), step)]


def packet(number: int, length: int) -> bytes:
    return number.to_bytes(4, "big") + bytes(length - 4)


def send(kernel: Kernel, said: list[tuple[int, set[int]]]) -> None:
    rows = np.zeros((len(said), 4), np.int64)
    packets, heard_by = bytearray(), bytearray()
    for number, (length, listeners) in enumerate(said):
        rows[number, [BEGINS, LENGTH]] = len(packets), length
        rows[number, [FIRST, COUNT]] = len(heard_by) // 4, len(listeners)
        packets += packet(number, length)
        heard_by += np.array([kernel.places[one] for one in listeners], np.int32).tobytes()
    if heard_by:
        kernel.room.send(packets, rows, heard_by, kernel.routes)


@given(ROUNDS)
def test_everyone_is_sent_what_they_hear_and_nothing_else(said: list[tuple[int, set[int]]]) -> None:
    kernel = Kernel()
    send(kernel, said)
    sent: defaultdict[int, list[bytes]] = defaultdict(list)
    for name, packets in kernel.packets():
        sent[name] += packets
    for listener, to in enumerate(kernel.to):
        heard = [packet(number, length) for number, (length, who) in enumerate(said) if listener in who]
        # The longest first, and those of one length in the order in which they were said.
        assert sent[to.where] == sorted(heard, key=len, reverse=True)
    assert (kernel.routes.columns.heard[:, 0] == NOTHING).all()


@given(ROUNDS)
def test_every_message_is_one_that_the_kernel_cuts_where_packets_end(
    said: list[tuple[int, set[int]]],
) -> None:
    kernel = Kernel()
    send(kernel, said)
    for _, packets in kernel.packets():
        *all_but_last, last = map(len, packets)
        assert len({*all_but_last}) <= 1
        assert not all_but_last or last <= all_but_last[0]
        assert len(packets) <= MOST_SEGMENTS
        assert sum(map(len, packets)) <= MOST_BYTES


@pytest.mark.parametrize(
    ("lengths", "counts"),
    [
        ([90], [1]),
        ([80, 90], [2]),
        ([90, 70, 80], [2, 1]),
        ([70, 90, 90, 80, 90], [4, 1]),
        ([*range(200, 100, -1)], [2] * 50),
        ([90, 80, 80, 80, 70], [2, 3]),
        ([90] * 61, [60, 1]),
        ([1300] * 51, [50, 1]),
    ],
)
def test_there_are_as_few_messages_as_that_allows(lengths: list[int], counts: list[int]) -> None:
    kernel = Kernel()
    send(kernel, [(length, {0}) for length in lengths])
    assert [len(packets) for _, packets in kernel.packets()] == counts
    assert kernel.room.messages_sent == len(counts)


def test_a_place_is_given_to_somebody_else_only_when_nobody_holds_the_route_any_more() -> None:
    class Port:
        routes = Routes()

    port, keys = Port(), NoKeys()
    to = Destination(("127.0.0.1", 4000), socket.AF_INET)
    held: list[Any] = [Route(port, keys, to) for _ in range(FIRST_PLACES + 1)]
    assert len({route.place for route in held}) == FIRST_PLACES + 1
    columns = port.routes.columns
    assert {int(columns.names[route.place]) for route in held} == {to.where}
    gone = held.pop(7).place
    assert columns.names[gone] == 0
    assert Route(port, keys, to).place == gone
