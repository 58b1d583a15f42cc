"""Reads a socket: all the datagrams that wait there in one call, where the C library has `recvmmsg`.

A datagram is given with the name of its sender as the kernel writes it (struct sockaddr_in or sockaddr_in6, see datagrams.py):
to look that up costs less than to make text of it.
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
from typing import Any

from calls.media.datagrams import (
    ADDRESS_BYTES,
    MSG_DONTWAIT,
    PLACE_BYTES,
    Batch,
    ffi,
    name_bytes,
    of_libc,
    sockaddr,
)

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 64
MSG_TRUNC = 0x20
INT = 4
MESSAGE_INTS = ffi.sizeof("struct mmsghdr") // INT
LENGTH = ffi.offsetof("struct mmsghdr", "length") // INT
FLAGS = (ffi.offsetof("struct mmsghdr", "head") + ffi.offsetof("struct msghdr", "flags")) // INT
IPV4, IPV6 = struct.Struct("!2xH4s"), struct.Struct("!2xHL16s")
SCOPE = struct.Struct("=24xL")

Datagram = tuple[bytes, bytes]
"""What came, and the name of its sender."""


class Inbox:
    """`read` gives what waits, at most MOST_AT_ONCE; what is longer than any network carries in one piece is left out."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._recvmmsg = of_libc("recvmmsg")
        self._batch = Batch(MOST_AT_ONCE)
        self._names: list[Any] = [ffi.new("char[]", ADDRESS_BYTES) for _ in range(MOST_AT_ONCE)]
        # All senders on one socket have names of one length, so the kernel is given no more room than that.
        self._name_bytes = name_bytes(sock.family)
        for place, name in enumerate(self._names):
            self._batch.iovs[place].len = PLACE_BYTES
            self._batch.heads[place].name = name
            self._batch.heads[place].namelen = self._name_bytes
        self._places = [
            (view, ffi.buffer(name, self._name_bytes))
            for view, name in zip(self._batch.views, self._names, strict=True)
        ]
        # What the kernel says of a datagram, read from all of them in one go.
        self._told = memoryview(ffi.buffer(self._batch.messages)).cast("B").cast("I")

    def read(self) -> list[Datagram]:
        if self._recvmmsg is None:
            return self._read_singly()
        count = self._recvmmsg(
            self._socket.fileno(), self._batch.messages, MOST_AT_ONCE, MSG_DONTWAIT, ffi.NULL
        )
        if count < 0:
            self._failed(ffi.errno)
            return []
        end = count * MESSAGE_INTS
        lengths, flags = (
            self._told[LENGTH:end:MESSAGE_INTS].tolist(),
            self._told[FLAGS:end:MESSAGE_INTS].tolist(),
        )
        read = [
            (view[0:length], name[:]) for length, (view, name) in zip(lengths, self._places, strict=False)
        ]
        if any(flags):
            return [one for one, told in zip(read, flags, strict=True) if not told & MSG_TRUNC]
        return read

    def _read_singly(self) -> list[Datagram]:
        found: list[Datagram] = []
        try:
            while len(found) < MOST_AT_ONCE:
                data, address = self._socket.recvfrom(PLACE_BYTES + 1)
                if len(data) <= PLACE_BYTES:
                    found.append((data, sockaddr(address[:2], self._socket.family)))
        except OSError as error:
            self._failed(error.errno or 0)
        return found

    def _failed(self, number: int) -> None:
        # An ICMP "port unreachable" of a browser that has gone; its silence is noticed anyway.
        if number not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
            logger.debug("udp error: %s", errno.errorcode.get(number, number))


def address_of(name: bytes) -> tuple[str, int]:
    """Host and port in a name that the kernel wrote."""
    if len(name) < ADDRESS_BYTES:
        port, host = IPV4.unpack_from(name)
        return socket.inet_ntop(socket.AF_INET, host), port
    port, _, host = IPV6.unpack_from(name)
    (scope,) = SCOPE.unpack_from(name)
    return socket.inet_ntop(socket.AF_INET6, host) + (f"%{scope}" if scope else ""), port
