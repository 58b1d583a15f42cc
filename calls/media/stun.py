"""The part of STUN that an ICE-lite server needs: a Binding request is read, and answered (RFC 8489, RFC 8445). Pure.

Every client of a room asks every few seconds whether we are still there, so a check costs some microseconds here, and no
object of an attribute is made.
"""

from __future__ import annotations

import binascii
import hmac
import struct
from typing import NamedTuple

HEADER = struct.Struct("!HHL12s")
ATTRIBUTE = struct.Struct("!HH")
BINDING_REQUEST, BINDING_RESPONSE = 0x0001, 0x0101
COOKIE = 0x2112A442
USERNAME, MESSAGE_INTEGRITY, XOR_MAPPED_ADDRESS, USE_CANDIDATE, FINGERPRINT = 6, 8, 0x20, 0x25, 0x8028
INTEGRITY_BYTES, FINGERPRINT_BYTES = 20, 4
FINGERPRINT_XOR = 0x5354554E
LARGEST = 1024
IPV4, IPV6 = 1, 2
IPV4_MAPPED = bytes(10) + b"\xff\xff"
COOKIE_BYTES = COOKIE.to_bytes(4, "big")


class Check(NamedTuple):
    """A Binding request."""

    transaction: bytes
    username: str
    """The server's half of it, by which its session is found."""
    nominates: bool
    covered: bytes
    """What the integrity was computed over."""
    integrity: bytes

    def is_from(self, password: str) -> bool:
        """Did somebody write it who knows the password?"""
        return hmac.compare_digest(_integrity(self.covered, password), self.integrity)


def parse(data: bytes) -> Check | None:
    """None for whatever is no well-formed Binding request with a user name and an integrity."""
    if not HEADER.size <= len(data) <= LARGEST:
        return None
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != len(data) - HEADER.size or length % 4:
        return None
    found: dict[int, bytes] = {}
    at, covered = HEADER.size, 0
    while at + ATTRIBUTE.size <= len(data):
        name, size = ATTRIBUTE.unpack_from(data, at)
        value = data[at + ATTRIBUTE.size : at + ATTRIBUTE.size + size]
        if len(value) != size:
            return None
        if name == FINGERPRINT:
            if value != _fingerprint(data[:at], len(data)):
                return None
        elif not covered:
            # What stands behind the integrity could be anybody's.
            found.setdefault(name, value)
        if name == MESSAGE_INTEGRITY and not covered:
            covered = at
        at += ATTRIBUTE.size + size + -size % 4
    integrity = found.get(MESSAGE_INTEGRITY, b"")
    if len(integrity) != INTEGRITY_BYTES or USERNAME not in found:
        return None
    username = found[USERNAME].partition(b":")[0].decode("latin-1")
    return Check(transaction, username, USE_CANDIDATE in found, _sized(data[:covered]), integrity)


def answer(check: Check, name: bytes, password: str) -> bytes:
    """The response to who has this name (struct sockaddr_in or sockaddr_in6)."""
    value = _mapped(name, check.transaction)
    head = HEADER.pack(BINDING_RESPONSE, 0, COOKIE, check.transaction)
    said = head + ATTRIBUTE.pack(XOR_MAPPED_ADDRESS, len(value)) + value
    said += ATTRIBUTE.pack(MESSAGE_INTEGRITY, INTEGRITY_BYTES) + _integrity(_sized(said), password)
    whole = len(said) + ATTRIBUTE.size + FINGERPRINT_BYTES
    said = said[:2] + (whole - HEADER.size).to_bytes(2, "big") + said[4:]
    return said + ATTRIBUTE.pack(FINGERPRINT, FINGERPRINT_BYTES) + _fingerprint(said, whole)


def _sized(before: bytes) -> bytes:
    """What stands before the integrity, with the length of a message that ends with it."""
    length = len(before) + ATTRIBUTE.size + INTEGRITY_BYTES - HEADER.size
    return before[:2] + length.to_bytes(2, "big") + before[4:]


def _integrity(covered: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), covered, "sha1")


def _fingerprint(before: bytes, whole: int) -> bytes:
    """`whole` is the length of the message that it ends."""
    sized = before[:2] + (whole - HEADER.size).to_bytes(2, "big") + before[4:]
    return (binascii.crc32(sized) ^ FINGERPRINT_XOR).to_bytes(FINGERPRINT_BYTES, "big")


def _mapped(name: bytes, transaction: bytes) -> bytes:
    """XOR-MAPPED-ADDRESS. An IPv4 client is told its IPv4 address on a dual-stack port, too."""
    port = int.from_bytes(name[2:4], "big") ^ COOKIE >> 16
    host = name[4:8] if len(name) < 28 else name[8:24]
    host = host.removeprefix(IPV4_MAPPED)
    mask = (COOKIE_BYTES + transaction)[: len(host)]
    hidden = (int.from_bytes(host, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(host), "big")
    return struct.pack("!xBH", IPV4 if len(host) == 4 else IPV6, port) + hidden
