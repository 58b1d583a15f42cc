"""Datagrams that leave together: encrypted where they lie, and handed to the kernel in one call.

pylibsrtp copies a packet three times to encrypt it, and a socket takes one datagram a call; for a room that is most of what
forwarding costs. This file calls libsrtp by pylibsrtp's own binding (`_binding`, `Session._srtp`). tests/media/test_dtls.py
fails if a name changes. What the kernel has no room for is dropped, so that nothing piles up here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from calls.media.datagrams import LONGEST, MSG_DONTWAIT, Batch, Destination, ffi, of_libc
from calls.media.postroom import LOST
from calls.media.rounds import Round
from calls.media.routes import Keys, Routes

SLOTS = 64


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
        self.routes = Routes()
        self.round = Round(sock, self.routes)

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
            elif ffi.errno in LOST:
                return
            else:
                # One that cannot be delivered must not stop the others.
                begin += 1

    def _send_singly(self, batch: Batch, begin: int, end: int) -> None:
        for place in range(begin, end):
            to = batch.destinations[place]
            if to is not None:
                self._send(batch.datagram(place), to.address)
