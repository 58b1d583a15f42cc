"""WebDriver BiDi over a WebSocket: commands by number, events to whoever asked for them."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

LARGEST = 64 * 2**20  # a screenshot is one message
PATIENCE = 60.0

Listener = Callable[[dict[str, Any]], None]


class BidiError(AssertionError):
    """The browser refused a command, or a script threw."""


class Bidi:
    """One session of a browser: `await bidi.command("browsingContext.navigate", context=..., url=...)`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, list[Listener]] = {}

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Raises BidiError when the browser refuses."""
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        finally:
            del self._asked[number]

    async def listen(self, event: str, listener: Listener) -> None:
        self._listeners.setdefault(event, []).append(listener)
        await self.command("session.subscribe", events=[event])

    async def read(self) -> None:
        """Takes what the browser says, until it hangs up."""
        async for text in self._socket:
            message = json.loads(text)
            if message["type"] == "event":
                for listener in self._listeners.get(message["method"], []):
                    listener(message["params"])
            elif answer := self._asked.get(message["id"]):
                _settle(answer, message)


@asynccontextmanager
async def bidi(url: str) -> AsyncIterator[Bidi]:
    """A new session of the browser that listens at `url`."""
    async with connect(url, max_size=LARGEST, proxy=None, compression=None) as socket:
        session = Bidi(socket)
        reading = asyncio.create_task(session.read(), name="bidi")
        try:
            await session.command("session.new", capabilities={})
            yield session
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


def _settle(answer: asyncio.Future[dict[str, Any]], message: dict[str, Any]) -> None:
    if answer.done():
        return
    if message["type"] == "success":
        answer.set_result(message["result"])
    else:
        answer.set_exception(BidiError(f"{message['error']}: {message['message']}"))
