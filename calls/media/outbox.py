"""Datagrams that leave together: encrypted where they lie, and handed to the kernel in one call.

pylibsrtp copies a packet three times to encrypt it, and a socket takes one datagram a call; for a room that is most of what
forwarding costs. This file calls libsrtp by pylibsrtp's own binding (`_binding`, `Session._srtp`) and the C library's
`sendmmsg`. tests/media/test_dtls.py fails if a name changes. What the kernel has no room for is dropped, so that nothing
piles up here.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from collections.abc import Callable
from typing import Any

from cffi import FFI
from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

SLOTS = 64
SLOT_BYTES = 1500
LONGEST = SLOT_BYTES - 144
"""libsrtp may add this much."""
MSG_DONTWAIT = 0x40

_ffi = FFI()
_ffi.cdef("""
struct iovec { void *base; size_t len; };
struct msghdr {
    void *name; unsigned int namelen; struct iovec *iov; size_t iovlen; void *control; size_t controllen; int flags;
};
struct mmsghdr { struct msghdr head; unsigned int sent; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")


def _sendmmsg() -> Callable[..., int] | None:
    """The C library's, where it has one: Linux and FreeBSD."""
    try:
        library: Any = _ffi.dlopen(None)
        found: Callable[..., int] = library.sendmmsg
    except (AttributeError, OSError):
        return None
    return found


class Destination:
    """An address in the kernel's form."""

    def __init__(self, address: tuple[str, int], family: int) -> None:
        self.address = address
        self.raw = _ffi.new("char[]", _sockaddr(address, family))
        self.size = len(self.raw) - 1


class Keys:
    """The sending half of one client's SRTP session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.raw = session._srtp[0]


class Outbox:
    """`put` encrypts a packet into the next place, `flush` sends what is there. `send` is for systems without sendmmsg."""

    def __init__(self, sock: Any, send: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._socket = sock
        self._send = send
        self._sendmmsg = _sendmmsg()
        self._count = 0
        self._length = srtp_ffi.new("int *")
        self._memory = [srtp_ffi.new("char[]", SLOT_BYTES) for _ in range(SLOTS)]
        self._views = [srtp_ffi.buffer(one) for one in self._memory]
        self._vectors: Any = _ffi.new("struct iovec[]", SLOTS)
        self._messages: Any = _ffi.new("struct mmsghdr[]", SLOTS)
        self._iovs: list[Any] = [self._vectors + place for place in range(SLOTS)]
        self._heads: list[Any] = [_ffi.addressof(self._messages[place], "head") for place in range(SLOTS)]
        self._destinations: list[Destination | None] = [None] * SLOTS
        for place in range(SLOTS):
            where = int(srtp_ffi.cast("uintptr_t", self._memory[place]))
            self._iovs[place].base = _ffi.cast("void *", where)
            self._heads[place].iov = self._iovs[place]
            self._heads[place].iovlen = 1

    def put(
        self,
        head: bytes,
        payload: bytes,
        keys: Keys,
        to: Destination,
        protect: Callable[..., int] = srtp_lib.srtp_protect,
    ) -> bool:
        """False where libsrtp refuses the packet. Nothing leaves before `flush`."""
        place = self._count
        if place == SLOTS:
            self.flush()
            place = 0
        begins, ends = len(head), len(head) + len(payload)
        if ends > LONGEST:
            return False
        view, length = self._views[place], self._length
        view[0:begins] = head
        view[begins:ends] = payload
        length[0] = ends
        if protect(keys.raw, self._memory[place], length):
            return False
        self._iovs[place].len = length[0]
        if self._destinations[place] is not to:
            self._destinations[place] = to
            self._heads[place].name = to.raw
            self._heads[place].namelen = to.size
        self._count = place + 1
        return True

    def flush(self) -> None:
        count, self._count = self._count, 0
        if not count:
            return
        if self._sendmmsg is None:
            self._send_singly(count)
            return
        number, begin = self._socket.fileno(), 0
        while begin < count:
            sent = self._sendmmsg(number, self._messages + begin, count - begin, MSG_DONTWAIT)
            if sent > 0:
                begin += sent
            elif _ffi.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EBADF):
                return
            else:
                # One that cannot be delivered must not stop the others.
                begin += 1

    def _send_singly(self, count: int) -> None:
        for place in range(count):
            to = self._destinations[place]
            if to is not None:
                self._send(bytes(self._views[place][0 : self._iovs[place].len]), to.address)


def _sockaddr(address: tuple[str, int], family: int) -> bytes:
    """struct sockaddr_in or sockaddr_in6; on a dual-stack socket an IPv4 address in its mapped form."""
    host, port = address
    name, _, scope = host.partition("%")
    parsed = ipaddress.ip_address(name)
    if family == socket.AF_INET:
        return struct.pack("=H", family) + struct.pack("!H4s8x", port, parsed.packed)
    if isinstance(parsed, ipaddress.IPv4Address):
        parsed = ipaddress.IPv6Address(f"::ffff:{parsed}")
    scope_id = int(scope) if scope.isdigit() else 0
    return (
        struct.pack("=H", family)
        + struct.pack("!HL16s", port, 0, parsed.packed)
        + struct.pack("=L", scope_id)
    )
