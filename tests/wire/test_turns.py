"""The two loops of a socket: its frames and its notices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from calls.sockets import dispatch
from calls.sockets.dispatch import LeanConsumer

pytestmark = pytest.mark.wire
GONE = {"type": "websocket.disconnect", "code": 1001}


class Layer:
    def __init__(self) -> None:
        self.events: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()

    async def new_channel(self) -> str:
        return "a-channel"

    async def receive(self, _channel: str) -> dict[str, Any]:
        event = await self.events.get()
        if isinstance(event, Exception):
            raise event
        return event


class Diary(LeanConsumer):
    """Writes down what it does; a frame takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.busy, self.free = asyncio.Event(), asyncio.Event()

    async def connect(self) -> None:
        self.lines.append("connect")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.lines.append(f"{text_data} begins")
        self.busy.set()
        await self.free.wait()
        self.lines.append("ends")

    async def disconnect(self, code: int) -> None:
        self.lines.append(f"gone {code}")

    async def a_notice(self, event: dict[str, Any]) -> None:
        self.lines.append(event["word"])


@pytest.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    found = Layer()
    monkeypatch.setattr(dispatch, "get_channel_layer", lambda _alias: found)
    return found


async def nothing(_message: dict[str, Any]) -> None:
    pass


async def test_a_notice_waits_for_the_frame_that_is_worked_on(layer: Layer) -> None:
    frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    diary = Diary()
    socket = asyncio.create_task(diary({}, frames.get, nothing))
    frames.put_nowait({"type": "websocket.connect"})
    frames.put_nowait({"type": "websocket.receive", "text": "frame"})
    await diary.busy.wait()
    layer.events.put_nowait({"type": "a.notice", "word": "notice"})
    while not layer.events.empty():
        await asyncio.sleep(0)
    diary.free.set()
    frames.put_nowait(GONE)
    await socket
    assert diary.lines == ["connect", "frame begins", "ends", "notice", "gone 1001"]


async def test_a_socket_whose_notices_fail_does_not_live_on_deaf(layer: Layer) -> None:
    socket = asyncio.create_task(Diary()({}, asyncio.Queue().get, nothing))
    layer.events.put_nowait(ConnectionError("no Redis"))
    with pytest.raises(ExceptionGroup) as failed:
        await socket
    assert failed.group_contains(ConnectionError)
