"""Many datagrams in one call: the C library's `sendmmsg` and `recvmmsg`, and the memory that they work on.

    messages[n]  struct mmsghdr: the address of a datagram, its one iovec, and how much of it went
    vectors[n]   struct iovec: where its bytes are, and how many
    memory[n]    its bytes; libsrtp encrypts and decrypts them where they lie

Systems without these calls (all but Linux and the BSDs) have the same memory and one call a datagram.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Callable
from typing import Any

from cffi import FFI
from pylibsrtp._binding import ffi as srtp_ffi

PLACE_BYTES = 1500
"""What a network carries in one piece, and libsrtp's addition with it."""
LONGEST = PLACE_BYTES - 144
"""libsrtp may add this much."""
ADDRESS_BYTES = 28
"""struct sockaddr_in6; that of IPv4 is shorter."""
MSG_DONTWAIT = 0x40

ffi = FFI()
ffi.cdef("""
struct iovec { void *base; size_t len; };
struct msghdr {
    void *name; unsigned int namelen; struct iovec *iov; size_t iovlen; void *control; size_t controllen; int flags;
};
struct mmsghdr { struct msghdr head; unsigned int length; };
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
""")


def of_libc(name: str) -> Callable[..., int] | None:
    """One of the two, where the C library has it."""
    try:
        found: Callable[..., int] = getattr(ffi.dlopen(None), name)
    except (AttributeError, OSError):
        return None
    return found


class Destination:
    """An address in the kernel's form."""

    def __init__(self, address: tuple[str, int], family: int) -> None:
        self.address = address
        self.name = sockaddr(address, family)
        self.raw = ffi.new("char[]", self.name)
        self.where = int(ffi.cast("uintptr_t", self.raw))
        self.size = name_bytes(family)


class Batch:
    """Places for datagrams that leave or come together. `views[n]` is the memory of one as a buffer."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.memory: list[Any] = [srtp_ffi.new("char[]", PLACE_BYTES) for _ in range(size)]
        self.views: list[Any] = [srtp_ffi.buffer(one) for one in self.memory]
        self.vectors: Any = ffi.new("struct iovec[]", size)
        self.messages: Any = ffi.new("struct mmsghdr[]", size)
        self.iovs: list[Any] = [self.vectors + place for place in range(size)]
        self.heads: list[Any] = [ffi.addressof(self.messages[place], "head") for place in range(size)]
        self.destinations: list[Destination | None] = [None] * size
        for place in range(size):
            where = int(srtp_ffi.cast("uintptr_t", self.memory[place]))
            self.iovs[place].base = ffi.cast("void *", where)
            self.heads[place].iov = self.iovs[place]
            self.heads[place].iovlen = 1

    def address(self, place: int, to: Destination) -> None:
        if self.destinations[place] is not to:
            self.destinations[place] = to
            self.heads[place].name = to.raw
            self.heads[place].namelen = to.size

    def datagram(self, place: int) -> bytes:
        return bytes(self.views[place][0 : self.iovs[place].len])


def name_bytes(family: int) -> int:
    """How long an address in the kernel's form is."""
    return 16 if family == socket.AF_INET else ADDRESS_BYTES


def sockaddr(address: tuple[str, int], family: int) -> bytes:
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
