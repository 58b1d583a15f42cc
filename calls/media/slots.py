"""Places for packets of sound that are encrypted and sent together, filled and addressed for all of them at once.

A packet to one listener lies in a slot. All slots of a batch have one length, the stride, so that their addresses are known
before anything is put there, and what the kernel and libsrtp are told of them stands in columns that are written in one go:

    memory     | to bob: 131 bytes ... | 124 ... | 119 ... | to cara: 131 ... |
    vectors    (where a slot is, how many bytes)             one for each slot
    messages   (to whom, its first vector, how many, how it is to be cut)

So Python's work for a packet to a listener is a few elements of lists, and the loop over them (`map`) runs in C.

A message is cut into datagrams by Linux itself (generic segmentation offload: all of one length, the last may be
shorter), so that the way through its network stack is gone once for all of them. Where the kernel does not know of it, or the
way to a client does not take it, a message is a single packet.
"""

from __future__ import annotations

import errno
import socket
import struct
from array import array
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import MSG_DONTWAIT, ffi, name_bytes, of_libc

if TYPE_CHECKING:
    from calls.media.outbox import Route

SOL_UDP, UDP_SEGMENT = 17, 103
STRIDE_STEP = 64
MEMORY_BYTES = 1 << 17
"""Together with the keys of some listeners this fits into a processor's second cache."""
MOST_SLOTS = 512
MOST_SEGMENTS = 60
MOST_BYTES = 65_000
"""What one message may hold."""
WORD = struct.calcsize("@L")
VECTOR_WORDS, MESSAGE_WORDS = 2, 8
NAME, VECTORS, VECTOR_COUNT, CONTROL_LENGTH = 0, 2, 3, 5
"""Columns of struct mmsghdr, in words."""
CONTROL_HEAD = struct.Struct("@Nii")
CONTROL_DATA = struct.Struct("@H")
CONTROL_BYTES = CONTROL_HEAD.size + WORD
CONTROLS = [0, 0, *[CONTROL_BYTES] * (MOST_SEGMENTS - 1)]
"""How much is told of the cutting of a message, by how many packets it has."""
IN_PAIRS = [[2] * (count // 2) + [1] * (count % 2) for count in range(MOST_SEGMENTS)]
Shape = tuple[list[int], list[int]]
"""How packets become messages: how many each has, and how long each of them but the last is."""
FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EBADF)


def stride_for(longest: int) -> int:
    return -(-longest // STRIDE_STEP) * STRIDE_STEP


def knows_segments(sock: socket.socket) -> bool:
    """Does the kernel cut a message into datagrams? Linux does from 4.18 on."""
    try:
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


class Slots:
    """The memory, and what the kernel is told of it. One batch is worked on at a time."""

    def __init__(self, sock: socket.socket | None, send: Callable[[Any, tuple[str, int]], None]) -> None:
        self.protect: Callable[..., int] = srtp_lib.srtp_protect
        self.sendmmsg = of_libc("sendmmsg")
        self.socket = sock
        self.send = send
        self.memory = srtp_ffi.new("char[]", MEMORY_BYTES)
        self.where = int(srtp_ffi.cast("uintptr_t", self.memory))
        self.view = memoryview(srtp_ffi.buffer(self.memory))
        lengths = srtp_ffi.new("int[]", MOST_SLOTS)
        self._lengths = lengths
        self.length_places = [lengths + slot for slot in range(MOST_SLOTS)]
        self.lengths = memoryview(srtp_ffi.buffer(lengths)).cast("B").cast("i")
        self._places: dict[int, list[Any]] = {}
        self._prepare_messages()

    def most(self, longest: int) -> int:
        """How many packets there is room for when none is longer."""
        return len(self.places(stride_for(longest)))

    def places(self, stride: int) -> list[Any]:
        """Where the slots of this stride are, for libsrtp."""
        if stride not in self._places:
            count = min(MOST_SLOTS, MEMORY_BYTES // stride)
            self._places[stride] = [self.memory + slot * stride for slot in range(count)]
        return self._places[stride]

    def _prepare_messages(self) -> None:
        """What stays from batch to batch."""
        self.messages: Any = ffi.new("struct mmsghdr[]", MOST_SLOTS)
        self._vectors: Any = ffi.new("struct iovec[]", MOST_SLOTS)
        self._controls: Any = ffi.new("char[]", MOST_SLOTS * CONTROL_BYTES)
        self.first_vector = int(ffi.cast("uintptr_t", self._vectors))
        self.vector_words = memoryview(ffi.buffer(self._vectors)).cast("B").cast("L")
        self.message_words = memoryview(ffi.buffer(self.messages)).cast("B").cast("L")
        controls = ffi.buffer(self._controls)
        self.segments = memoryview(controls).cast("B").cast("H")
        for place in range(MOST_SLOTS):
            head = self.messages[place].head
            head.namelen = 0 if self.socket is None else name_bytes(self.socket.family)
            head.control = self._controls + place * CONTROL_BYTES
            size = CONTROL_HEAD.size + CONTROL_DATA.size
            CONTROL_HEAD.pack_into(controls, place * CONTROL_BYTES, size, SOL_UDP, UDP_SEGMENT)


class Batch:
    """The packets of a round, each encrypted for everyone who hears it.

    `wires` are the packets in the clear with room for what encryption adds, the longest first, `lengths` are without that room.
    """

    def __init__(self, slots: Slots, wires: list[bytes], lengths: list[int], *, cuts: bool) -> None:
        self._slots = slots
        self._stride = stride_for(len(wires[0]))
        self._places = slots.places(self._stride)
        self._wires = [wire.ljust(self._stride, b"\0") for wire in wires]
        self._wire_sizes = [len(wire) for wire in wires]
        self._wire_lengths = lengths
        self._cuts = cuts
        self._heard: Mapping[Route, list[int]] = {}
        self._order: list[int] = []
        """Which packet lies in each slot."""
        self._keys: list[Any] = []
        """With which it is encrypted."""
        self._names: list[int] = []
        """Where the kernel finds the address of each message, how many packets it has, and how they are cut."""
        self._counts: list[int] = []
        self._segments: list[int] = []
        self._sizes: list[int] = []

    def send(self, heard: Mapping[Route, list[int]]) -> None:
        """The packets of these numbers, ascending, to each."""
        self._heard = heard
        order, keys, names = self._order, self._keys, self._names
        counts, segments = self._counts, self._segments
        room, cuts, sizes = len(self._places), self._cuts, self._wire_sizes
        # Many hear the same.
        known: dict[tuple[int, ...], Shape] = {}
        for route, numbers in heard.items():
            if len(order) + len(numbers) > room:
                self._post()
            if not cuts or not route.takes_segments:
                shape = [1] * len(numbers), [sizes[number] for number in numbers]
            else:
                same = tuple(numbers)
                shape = known.get(same) or known.setdefault(same, _cut([sizes[number] for number in numbers]))
            order += numbers
            keys += [route.raw_keys] * len(numbers)
            names += [route.where] * len(shape[0])
            counts += shape[0]
            segments += shape[1]
        self._post()

    def _post(self) -> None:
        """Encrypt and send what there is so far."""
        order, slots = self._order, self._slots
        if not order:
            return
        plain = b"".join(map(self._wires.__getitem__, order))
        slots.view[: len(plain)] = plain
        slots.lengths[: len(order)] = array("i", map(self._wire_lengths.__getitem__, order))
        self._sizes = list(map(self._wire_sizes.__getitem__, order))
        refused = list(map(slots.protect, self._keys, self._places, slots.length_places))
        if slots.sendmmsg is None or any(refused):
            # Never with the others: what was refused lies there in the clear.
            self._send_singly(refused)
        else:
            self._describe()
            self._hand_over(slots.sendmmsg)
        for column in (order, self._keys, self._names, self._counts, self._segments):
            column.clear()

    def _describe(self) -> None:
        """Tell the kernel what is where."""
        slots, stride, counts = self._slots, self._stride, self._counts
        count, end = len(self._sizes), len(counts) * MESSAGE_WORDS
        vectors, messages = slots.vector_words, slots.message_words
        wheres = range(slots.where, slots.where + count * stride, stride)
        vectors[0 : count * VECTOR_WORDS : VECTOR_WORDS] = array("L", wheres)
        vectors[1 : count * VECTOR_WORDS : VECTOR_WORDS] = array("L", self._sizes)
        messages[NAME:end:MESSAGE_WORDS] = array("L", self._names)
        lengths = map((VECTOR_WORDS * WORD).__mul__, counts[:-1])
        messages[VECTORS:end:MESSAGE_WORDS] = array("L", accumulate(lengths, initial=slots.first_vector))
        messages[VECTOR_COUNT:end:MESSAGE_WORDS] = array("L", counts)
        messages[CONTROL_LENGTH:end:MESSAGE_WORDS] = array("L", map(CONTROLS.__getitem__, counts))
        step = CONTROL_BYTES // CONTROL_DATA.size
        begin = CONTROL_HEAD.size // CONTROL_DATA.size
        slots.segments[begin : begin + len(counts) * step : step] = array("H", self._segments)

    def _hand_over(self, sendmmsg: Callable[..., int]) -> None:
        assert self._slots.socket is not None
        number, begin, count = self._slots.socket.fileno(), 0, len(self._counts)
        while begin < count:
            sent = sendmmsg(number, self._slots.messages + begin, count - begin, MSG_DONTWAIT)
            if sent > 0:
                begin += sent
                continue
            if ffi.errno in FULL:
                return
            # One that cannot be delivered must not stop the others.
            if self._counts[begin] > 1:
                # A device that cannot cut, a way on which the packets are too long for it.
                route = self._route_at(self._names[begin])
                route.takes_segments = False
                first = sum(self._counts[:begin])
                for slot in range(first, first + self._counts[begin]):
                    self._send(slot, route)
            begin += 1

    def _send_singly(self, refused: list[int]) -> None:
        slot = 0
        for name, count in zip(self._names, self._counts, strict=True):
            for _ in range(count):
                if not refused[slot]:
                    self._send(slot, self._route_at(name))
                slot += 1

    def _route_at(self, name: int) -> Route:
        return next(route for route in self._heard if route.where == name)

    def _send(self, slot: int, to: Route) -> None:
        begin = slot * self._stride
        self._slots.send(self._slots.view[begin : begin + self._sizes[slot]], to.to.address)


def _cut(sizes: list[int]) -> Shape:
    """As few messages as the kernel can cut; `sizes` descend."""
    count = len(sizes)
    if count < MOST_SEGMENTS and len(set(sizes)) == count:
        # Speech: hardly two of one length, and the shorter of each two is its message's last.
        return IN_PAIRS[count], sizes[::2]
    counts: list[int] = []
    segments: list[int] = []
    begin = 0
    while begin < count:
        segment = sizes[begin]
        end, most = begin + 1, min(count, begin + min(MOST_SEGMENTS, MOST_BYTES // segment))
        while end < most and sizes[end] == segment:
            end += 1
        end += end < most
        counts.append(end - begin)
        segments.append(segment)
        begin = end
    return counts, segments
