"""A client of the signaling socket: requests are awaited, everything else arrives at handlers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import websockets

PING_SECONDS = 8.0
ACK_SECONDS = 10.0

Handler = Callable[[dict[str, Any]], Awaitable[None] | None]


class WireError(Exception):
    """The server refused a request. `code` is one of docs/websocket.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Wire:
    """One socket. Use as an async context manager; `on(type, handler)` before the message can come."""

    def __init__(self, url: str, origin: str) -> None:
        self.url = url
        self.origin = origin
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._handlers: dict[str, list[Handler]] = defaultdict(list)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._socket: websockets.ClientConnection | None = None

    async def __aenter__(self) -> Wire:
        self._socket = await websockets.connect(
            self.url, origin=websockets.Origin(self.origin), max_size=2**22
        )
        self._own(self._read(), "wire-read")
        self._own(self._ping(), "wire-ping")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    def on(self, kind: str, handler: Handler) -> None:
        self._handlers[kind].append(handler)

    async def next(self, kind: str, seconds: float = 30.0) -> dict[str, Any]:
        """The next message of this type. Raises TimeoutError."""
        arrived: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def take(message: dict[str, Any]) -> None:
            if not arrived.done():
                arrived.set_result(message)

        self.on(kind, take)
        try:
            return await asyncio.wait_for(arrived, seconds)
        finally:
            self._handlers[kind].remove(take)

    async def request(self, message_type: str, /, **fields: Any) -> dict[str, Any]:
        """Send a request and return what it was answered. Raises WireError, TimeoutError."""
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self.send(message_type, id=number, **fields)
            return await asyncio.wait_for(answer, ACK_SECONDS)
        finally:
            self._waiting.pop(number, None)

    async def send(self, message_type: str, /, **fields: Any) -> None:
        if self._socket is None:
            raise WireError("closed", "the socket is not open")
        await self._socket.send(json.dumps({"type": message_type, **fields}))

    async def _read(self) -> None:
        assert self._socket is not None  # opened in __aenter__
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in self._socket:
                self._take(json.loads(frame))

    def _take(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(message.get("id", 0))
        if waiting is not None and not waiting.done():
            self._answer(waiting, message)
        for handler in list(self._handlers[message["type"]]):
            outcome = handler(message)
            if outcome is not None:
                self._own(outcome, f"wire-{message['type']}")

    @staticmethod
    def _answer(waiting: asyncio.Future[dict[str, Any]], message: dict[str, Any]) -> None:
        if message["type"] == "error":
            waiting.set_exception(WireError(message.get("code", "internal"), message.get("message", "")))
        else:
            waiting.set_result(message.get("data", message))

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.send("ping")

    def _own(self, work: Awaitable[Any], name: str) -> None:
        task = asyncio.ensure_future(work)
        if isinstance(task, asyncio.Task):
            task.set_name(name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
