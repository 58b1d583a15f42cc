"""A round of sound: what a port read together leaves together, listener by listener.

A packet that was said is kept in the clear until the round ends. Then each listener's packets are laid one behind the other
into the memory that the kernel takes datagrams from, and encrypted where they lie:

    memory   | to bob: 131 bytes, 131, 124 | to cara: 131, 131, 131 | ...
    runs       one message                   one message

A run is one message of sendmmsg. Linux cuts it into datagrams itself (generic segmentation offload: all of one length, the last
may be shorter), so that the way through its network stack is gone once for all of them. Within a round the order of the packets
is free, since there is one of each stream at most; the longest go first, which makes the fewest runs. Where the kernel does not
know of it, or the way to a client does not take it, a run is a single packet.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import MSG_DONTWAIT, Destination, ffi, of_libc

if TYPE_CHECKING:
    from calls.media.outbox import Route

SOL_UDP, UDP_SEGMENT = 17, 103
MEMORY_BYTES = 1 << 17
MOST_RUNS = 256
MOST_SEGMENTS = 60
MOST_BYTES = 65_000
"""What one message may hold."""
VECTOR = struct.Struct("@PN")
CONTROL_HEAD, CONTROL_VALUE = struct.Struct("@Nii"), struct.Struct("@H")
CONTROL_BYTES = CONTROL_HEAD.size + struct.calcsize("@N")
FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EBADF)

put_vector, put_segment = VECTOR.pack_into, CONTROL_VALUE.pack_into


class Run(NamedTuple):
    """Encrypted packets to one client that lie behind each other; all are `segment` bytes, the last may have fewer."""

    to: Destination
    begins: int
    ends: int
    segment: int


class Round:
    """`say` takes a packet, `end` encrypts it for all who are to have it and sends it.

    `send` is for systems without sendmmsg, and for what the kernel will not cut.
    """

    def __init__(self, sock: Any, send: Callable[[bytes, tuple[str, int]], None]) -> None:
        self.number = 0
        """Of this round. Who said something in it already ends it first."""
        self.cuts = sock is not None and knows_segments(sock)
        self._socket = sock
        self._send = send
        self._sendmmsg = of_libc("sendmmsg")
        self._protect: Callable[..., int] = srtp_lib.srtp_protect
        self._said: list[tuple[int, bytes, list[Route]]] = []
        self._memory = srtp_ffi.new("char[]", MEMORY_BYTES)
        self._where = int(srtp_ffi.cast("uintptr_t", self._memory))
        self._view = srtp_ffi.buffer(self._memory)
        self._length = srtp_ffi.new("int *")
        self._filled = 0
        self._runs: list[Run] = []
        self._prepare_messages()

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
        listening: list[Route] = []
        for _, wire, routes in said:
            for route in routes:
                wires = route.wires
                if not wires:
                    listening.append(route)
                wires.append(wire)
        for route in listening:
            wires = route.wires[:]
            route.wires.clear()
            self._lay_out(route, wires)
        self._post()

    def _lay_out(self, route: Route, wires: list[bytes]) -> None:
        plain = b"".join(wires)
        if len(plain) > MEMORY_BYTES or len(wires) > MOST_RUNS:
            half = len(wires) // 2
            self._lay_out(route, wires[:half])
            self._lay_out(route, wires[half:])
            return
        if self._filled + len(plain) > MEMORY_BYTES or len(self._runs) + len(wires) > MOST_RUNS:
            self._post()
        begins = self._filled
        self._filled += len(plain)
        self._view[begins : self._filled] = plain
        self._encrypt(route, wires, begins)

    def _encrypt(self, route: Route, wires: list[bytes], at: int) -> None:
        """Encrypt what lies there, and note its runs."""
        keys, tag, to = route.keys.raw, route.keys.tag_bytes, route.to
        memory, length, protect, runs = self._memory, self._length, self._protect, self._runs
        most = MOST_SEGMENTS if self.cuts and to.takes_segments else 1
        begins, segment, longest = at, 0, 0
        for wire in wires:
            size = len(wire)
            length[0] = size - tag
            refused = protect(keys, memory + at, length)
            if refused or size > segment or at + size - begins > longest:
                if at > begins:
                    runs.append(Run(to, begins, at, segment))
                begins, segment, longest = at, size, min(most * size, MOST_BYTES)
            at += size
            if refused:
                begins, segment = at, 0
            elif size < segment:
                runs.append(Run(to, begins, at, segment))
                begins, segment = at, 0
        if at > begins:
            runs.append(Run(to, begins, at, segment))

    def _prepare_messages(self) -> None:
        """What stays from round to round."""
        self._messages: Any = ffi.new("struct mmsghdr[]", MOST_RUNS)
        self._vectors: Any = ffi.new("struct iovec[]", MOST_RUNS)
        self._vector_view = ffi.buffer(self._vectors)
        self._controls: Any = ffi.new("char[]", MOST_RUNS * CONTROL_BYTES)
        self._control_view = ffi.buffer(self._controls)
        self._heads: list[Any] = [ffi.addressof(self._messages[place], "head") for place in range(MOST_RUNS)]
        for place, head in enumerate(self._heads):
            head.iov, head.iovlen = self._vectors + place, 1
            head.control = self._controls + place * CONTROL_BYTES
            size = CONTROL_HEAD.size + CONTROL_VALUE.size
            CONTROL_HEAD.pack_into(self._control_view, place * CONTROL_BYTES, size, SOL_UDP, UDP_SEGMENT)

    def _post(self) -> None:
        runs, self._runs, self._filled = self._runs, [], 0
        if self._sendmmsg is None:
            for run in runs:
                self._send_apart(run)
            return
        where, vectors, controls = self._where, self._vector_view, self._control_view
        for place, (to, begins, ends, segment) in enumerate(runs):
            head = self._heads[place]
            head.name = to.raw
            head.namelen = to.size
            put_vector(vectors, place * VECTOR.size, where + begins, ends - begins)
            if ends - begins > segment:
                put_segment(controls, place * CONTROL_BYTES + CONTROL_HEAD.size, segment)
                head.controllen = CONTROL_BYTES
            else:
                head.controllen = 0
        self._hand_over(runs)

    def _hand_over(self, runs: list[Run]) -> None:
        assert self._sendmmsg is not None
        number, begin = self._socket.fileno(), 0
        while begin < len(runs):
            sent = self._sendmmsg(number, self._messages + begin, len(runs) - begin, MSG_DONTWAIT)
            if sent > 0:
                begin += sent
                continue
            if ffi.errno in FULL:
                return
            # One that cannot be delivered must not stop the others.
            run = runs[begin]
            if run.ends - run.begins > run.segment:
                # A device that cannot cut, a way on which the packets are too long for it.
                run.to.takes_segments = False
                self._send_apart(run)
            begin += 1

    def _send_apart(self, run: Run) -> None:
        for at in range(run.begins, run.ends, run.segment):
            self._send(self._view[at : min(at + run.segment, run.ends)], run.to.address)


def knows_segments(sock: socket.socket) -> bool:
    """Does the kernel cut a message into datagrams? Linux does from 4.18 on."""
    try:
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


def _length_of(said: tuple[int, bytes, list[Route]]) -> int:
    return said[0]
