"""daphne's WebSocket protocol at a fraction of its price per message; what it does stays daphne's and autobahn's.

Most messages of a page are one whole, masked text frame each: those are read and written here in a few steps. Whatever else a
peer may send (pieces, control frames, compression, faults) takes the long way, which knows it all. And what one turn of the
event loop has to say to one socket leaves in one system call, where Twisted makes three for every message: it asks to be told
that the socket can be written to, writes, and takes the question back.
"""

# ruff: noqa: N802 - the names of the methods are Twisted's and autobahn's
from __future__ import annotations

import asyncio
import time
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Server

TEXT_FRAME = 0x81
"""A text message that begins and ends in this frame; no extension has touched it."""
MASKED = 0x80
LONG = 126
"""In place of a length: it stands in the two bytes that follow. The one after it: in eight."""


def use_lean_frames() -> None:
    WebSocketFactory.protocol = LeanProtocol


class LeanProtocol(WebSocketProtocol):  # type: ignore[misc] # daphne has no types
    data: bytes
    """What has come and is not taken yet."""

    def connectionMade(self) -> None:
        self._outbox: list[bytes] = []
        super().connectionMade()

    # --- what comes ---

    def dataReceived(self, data: bytes) -> None:
        self._dataReceived(data)

    def processData(self) -> bool:
        """Take one frame, or a part of one, off the buffer. True when there may be more to take."""
        if self.current_frame is None and self._is_plain and self._take_plain_text():
            return len(self.data) > 1
        return bool(super().processData())

    @property
    def _is_plain(self) -> bool:
        return self.state == self.STATE_OPEN and not self.inside_message and not self.muted

    def _take_plain_text(self) -> bool:
        """False, and nothing taken, when the buffer does not begin with a whole text message as browsers send them."""
        found = plain_text(self.data, self.maxMessagePayloadSize)
        if found is None:
            return False
        text, end = found
        self.data = self.data[end:]
        self.last_ping = time.time()
        if self.autoPingTimeoutCall:
            self._cancelAutoPingTimeoutCall()  # who talks is there
        self.application_queue.put_nowait({"type": "websocket.receive", "text": text})
        return True

    # --- what goes ---

    def serverSend(self, content: Any, binary: bool = False) -> None:
        if self.state in (self.STATE_CLOSING, self.STATE_CLOSED):
            return  # the peer has hung up, and the application is about to hear of it: no error of anybody's
        if binary or self.state != self.STATE_OPEN or self._perMessageCompress is not None:
            super().serverSend(content, binary)
        else:
            self.sendData(text_frame(content))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        if not self._outbox:
            asyncio.get_running_loop().call_soon(self._empty_outbox)
        self._outbox.append(data)

    def _empty_outbox(self) -> None:
        data = b"".join(self._outbox)
        self._outbox.clear()
        write_now(self.transport, data)

    def _closeConnection(self, abort: bool = False) -> None:
        self._empty_outbox()
        super()._closeConnection(abort)


def plain_text(buffer: bytes, limit: int) -> tuple[str, int] | None:
    """The text of the whole, masked, unbroken text frame that `buffer` begins with, and where it ends. None if it does not.

    `limit`: bytes a message may have, 0 for any number. Frames of 64 KiB and more are left to the long way.
    """
    if len(buffer) < 8 or buffer[0] != TEXT_FRAME or buffer[1] < MASKED:
        return None
    size, begin = buffer[1] - MASKED, 6
    if size == LONG:
        size, begin = int.from_bytes(buffer[2:4], "big"), 8
        if size < LONG:
            return None
    elif size > LONG:
        return None
    end = begin + size
    if end > len(buffer) or 0 < limit < size:
        return None
    try:
        return unmasked(buffer[begin - 4 : begin], buffer[begin:end]).decode(), end
    except UnicodeDecodeError:
        return None


def unmasked(mask: bytes, payload: bytes) -> bytes:
    """The exclusive or of the two, as one large number: no loop over its bytes."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def text_frame(text: str) -> bytes:
    payload = text.encode()
    size = len(payload)
    if size < LONG:
        return bytes((TEXT_FRAME, size)) + payload
    if size < 65_536:
        return bytes((TEXT_FRAME, LONG)) + size.to_bytes(2, "big") + payload
    return bytes((TEXT_FRAME, LONG + 1)) + size.to_bytes(8, "big") + payload


def write_now(transport: Any, data: bytes) -> None:
    """Hand `data` to the kernel at once where nothing waits before it; what it does not take waits for the reactor."""
    if data and _is_idle(transport):
        sent = transport.writeSomeData(data)
        # Anything but a number says that the connection is lost: the reactor finds that out by the write below.
        data = data[sent:] if isinstance(sent, int) else data
    if data:
        transport.write(data)


def _is_idle(transport: Any) -> bool:
    return (
        type(transport) is Server
        and bool(transport.connected)
        and not (transport.TLS or transport.disconnecting or transport._writeDisconnected)
        and not transport._tempDataLen
        and transport.offset == len(transport.dataBuffer)
    )
