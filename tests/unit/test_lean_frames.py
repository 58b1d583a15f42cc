"""Frames by the short way and by autobahn's own: whatever comes, in whatever pieces, both take it and answer it alike."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.tcp import Server
from twisted.internet.testing import StringTransport

from config.helpers.lean_frames import LeanProtocol, plain_text, text_frame, unmasked, write_now

pytestmark = pytest.mark.unit

MASK = b"\x01\x80\xfe\x7f"
LIMIT = 2000


def frame(payload: bytes, first: int = 0x81, mask: bytes | None = MASK) -> bytes:
    size = len(payload)
    masked = 0x80 if mask else 0
    if size < 126:
        head = bytes((first, masked | size))
    elif size < 65_536:
        head = bytes((first, masked | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, masked | 127)) + size.to_bytes(8, "big")
    return head + (mask + unmasked(mask, payload) if mask else payload)


class Paper(StringTransport):
    def unregisterProducer(self) -> None:  # noqa: N802
        """Sockets take it that there may be none."""


def opened(kind: type[WebSocketProtocol]) -> Any:
    """A socket of this kind past its handshake."""
    factory = WebSocketFactory(
        SimpleNamespace(protocol_disconnected=lambda _p: None, log_action=lambda *_: None)
    )
    factory.protocol = kind
    factory.openHandshakeTimeout = factory.closeHandshakeTimeout = 0
    factory.maxMessagePayloadSize = factory.maxFramePayloadSize = LIMIT
    protocol = factory.buildProtocol(None)
    protocol.transport = Paper()  # type: ignore[no-untyped-call] # so are Twisted's testing helpers
    protocol.connectionMade()
    protocol.state = protocol.STATE_OPEN
    protocol.websocket_version = 13
    protocol.inside_message = False
    protocol.current_frame = None
    protocol._perMessageCompress = protocol.client_addr = None
    protocol.request = SimpleNamespace(path="/ws/")
    protocol.application_queue = asyncio.Queue()
    return protocol


async def outcome(kind: type[WebSocketProtocol], pieces: list[bytes]) -> tuple[Any, ...]:
    protocol = opened(kind)
    for piece in pieces:
        protocol.dataReceived(piece)
    await asyncio.sleep(0)  # one turn of the loop: what it has to say is written
    heard = [protocol.application_queue.get_nowait() for _ in range(protocol.application_queue.qsize())]
    said = protocol.transport.value()
    return heard, said, protocol.state, protocol.transport.disconnecting


TOO_LARGE = frame(b"x" * (LIMIT + 1))
WRITTEN_LONG = b"\x81\xfe\x00\x05" + MASK + unmasked(MASK, b"short")
FRAMES = st.one_of(
    st.text(max_size=400).map(lambda text: frame(text.encode())),
    st.integers(120, 130).map(lambda size: frame(b"x" * size)),
    st.text(max_size=40).map(lambda text: frame(text.encode(), 0x01)),  # a message begins
    st.binary(max_size=40).map(lambda piece: frame(piece, 0x00)),  # and goes on
    st.binary(max_size=40).map(lambda piece: frame(piece, 0x80)),  # and ends
    st.binary(max_size=40).map(lambda data: frame(data, 0x82)),
    st.binary(max_size=40).map(lambda data: frame(data, 0x89)),  # ping
    st.sampled_from(
        [
            frame(b"\xff\xfe"),  # no UTF-8
            TOO_LARGE,
            frame(b"unmasked", mask=None),
            frame(b"", 0x88),  # close
            frame(b"compressed", 0xC1),
            WRITTEN_LONG,
            b"\x81\xff" + (70_000).to_bytes(8, "big"),
        ]
    ),
)


@example([TOO_LARGE], [])
@example([WRITTEN_LONG], [])
@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 60), max_size=12))
async def test_the_short_way_and_the_long_one_have_the_same_outcome(
    frames: list[bytes], cuts: list[int]
) -> None:
    stream, pieces = b"".join(frames), []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    pieces = [piece for piece in [*pieces, stream] if piece]
    assert await outcome(LeanProtocol, pieces) == await outcome(WebSocketProtocol, pieces)


@given(st.text(max_size=300))
def test_a_whole_text_is_read_and_the_rest_is_left(text: str) -> None:
    data = frame(text.encode())
    assert plain_text(data + b"rest", LIMIT) == (text, len(data)) or len(data) < 8
    assert plain_text(data[:-1], LIMIT) is None


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_what_is_sent_is_framed_as_autobahn_does(size: int) -> None:
    theirs = opened(WebSocketProtocol)
    theirs.maxMessagePayloadSize = 0
    theirs.sendMessage(b"x" * size, False)
    assert text_frame("x" * size) == theirs.transport.value()


async def test_what_one_turn_has_to_say_is_written_at_once() -> None:
    protocol = opened(LeanProtocol)
    written: list[bytes] = []
    protocol.transport.write = written.append
    for text in ("one", "two", "세"):
        protocol.serverSend(text)
    assert written == []
    await asyncio.sleep(0)
    assert written == [text_frame("one") + text_frame("two") + text_frame("세")]


async def test_what_is_said_to_who_has_hung_up_goes_nowhere() -> None:
    protocol = opened(LeanProtocol)
    protocol.dataReceived(frame((1000).to_bytes(2, "big"), 0x88))
    assert protocol.state != protocol.STATE_OPEN
    answered = protocol.transport.value()
    protocol.serverSend("too late")
    await asyncio.sleep(0)
    assert protocol.transport.value() == answered


async def test_what_was_said_before_the_end_is_written_before_it() -> None:
    protocol = opened(LeanProtocol)
    protocol.serverSend("bye")
    protocol.dropConnection()
    assert protocol.transport.value() == text_frame("bye")
    assert protocol.transport.disconnecting


class Wire(Server):
    """A socket of Twisted that takes `room` bytes at once."""

    def __init__(self, room: int | Exception) -> None:
        self.room = room
        self.taken = self.waiting = b""
        self.connected = 1
        self._tempDataLen = 0

    def writeSomeData(self, data: bytes) -> Any:  # noqa: N802
        if isinstance(self.room, Exception):
            return self.room
        self.taken += data[: self.room]
        return min(self.room, len(data))

    def write(self, data: bytes) -> None:
        self.waiting += data


@pytest.fixture
def plain_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.helpers.lean_frames.Server", Wire)


@pytest.mark.usefixtures("plain_server")
def test_what_the_kernel_does_not_take_waits() -> None:
    wire = Wire(3)
    write_now(wire, b"12345")
    assert (wire.taken, wire.waiting) == (b"123", b"45")


@pytest.mark.usefixtures("plain_server")
def test_nothing_overtakes_what_waits() -> None:
    wire = Wire(10)
    wire._tempDataLen = 1
    write_now(wire, b"12345")
    assert (wire.taken, wire.waiting) == (b"", b"12345")


@pytest.mark.usefixtures("plain_server")
def test_a_lost_connection_is_left_to_the_reactor() -> None:
    wire = Wire(ConnectionResetError())
    write_now(wire, b"12345")
    assert wire.waiting == b"12345"
