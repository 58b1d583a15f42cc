"""Datagrams that leave together: encrypted where they lie, and handed to the kernel in one call.

pylibsrtp copies a packet three times to encrypt it, and a socket takes one datagram a call; for a room that is most of what
forwarding costs. This file calls libsrtp by pylibsrtp's own binding (`_binding`, `Session._srtp`). tests/media/test_dtls.py
fails if a name changes. What the kernel has no room for is dropped, so that nothing piles up here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import LONGEST, MSG_DONTWAIT, Batch, Destination, ffi, of_libc
from calls.media.rounds import Round
from calls.media.slots import FULL

SLOTS = 64
TAG_BYTES = {b"SRTP_AEAD_AES_256_GCM": 16, b"SRTP_AEAD_AES_128_GCM": 16, b"SRTP_AES128_CM_SHA1_80": 10}
"""By OpenSSL's name of the profile that was agreed on (RFC 7714, RFC 5764)."""


class Keys:
    """The sending half of one client's SRTP session, and how many bytes it adds to a packet."""

    def __init__(self, session: Session, profile: bytes) -> None:
        self._session = session
        self.raw = session._srtp[0]
        self.tag_bytes = TAG_BYTES[profile]


class Outbox:
    """`put` encrypts a packet into the next place, `flush` sends what lies there and the round of sound.

    `send` is for systems without sendmmsg.
    """

    def __init__(self, sock: Any, send: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._socket = sock
        self._send = send
        self._sendmmsg = of_libc("sendmmsg")
        self._count = 0
        self._length = srtp_ffi.new("int *")
        self._batch = Batch(SLOTS)
        self.round = Round(sock, send)

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
        batch, length = self._batch, self._length
        view = batch.views[place]
        view[0:begins] = head
        view[begins:ends] = payload
        length[0] = ends
        if protect(keys.raw, batch.memory[place], length):
            return False
        batch.iovs[place].len = length[0]
        if batch.destinations[place] is not to:
            batch.address(place, to)
        self._count = place + 1
        return True

    def flush(self) -> None:
        self.round.end()
        if self._count:
            count, self._count = self._count, 0
            if self._sendmmsg is None:
                self._send_singly(self._batch, 0, count)
            else:
                self._post(self._batch.messages, 0, count)

    def _post(self, messages: Any, begin: int, end: int) -> None:
        assert self._sendmmsg is not None
        number = self._socket.fileno()
        while begin < end:
            sent = self._sendmmsg(number, messages + begin, end - begin, MSG_DONTWAIT)
            if sent > 0:
                begin += sent
            elif ffi.errno in FULL:
                return
            else:
                # One that cannot be delivered must not stop the others.
                begin += 1

    def _send_singly(self, batch: Batch, begin: int, end: int) -> None:
        for place in range(begin, end):
            to = batch.destinations[place]
            if to is not None:
                self._send(batch.datagram(place), to.address)


class Route:
    """How packets get to a client: encrypted with its keys, by its port's outbox, to where it is.

    What a round asks for lies in the route itself: of hundreds of them each is looked at once in a round, and everything that
    it would have to be followed to is in no cache any more.
    """

    __slots__ = ("keys", "outbox", "raw_keys", "tag_bytes", "takes_segments", "to", "where")

    def __init__(self, outbox: Outbox, keys: Keys, to: Destination) -> None:
        self.outbox = outbox
        self.keys = keys
        self.to = to
        self.raw_keys = keys.raw
        self.tag_bytes = keys.tag_bytes
        self.where = to.where
        self.takes_segments = True
        """Until a message that the kernel was to cut was refused there."""
