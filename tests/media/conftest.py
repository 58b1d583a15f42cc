"""A media server on loopback, and parties that speak to it as browsers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from calls.media.config import MediaConfig
from calls.media.server import MediaServer
from calls.simulation.sfu_device import SfuDevice


class Events(list[dict[str, Any]]):
    """What the server told, with a way to wait for more of it."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived = asyncio.Event()

    def __call__(self, event: dict[str, Any]) -> None:
        self.append(event)
        self._arrived.set()

    def of(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        return [one for one in self if one["type"] == kind and all(one[key] == fields[key] for key in fields)]

    async def wait(
        self, kind: str, count: int = 1, within: float = 10.0, **fields: Any
    ) -> list[dict[str, Any]]:
        async with asyncio.timeout(within):
            while len(self.of(kind, **fields)) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return self.of(kind, **fields)


class Party:
    """One peer of a room with its device."""

    def __init__(self, server: MediaServer, room: str, peer: str) -> None:
        self._server = server
        self.room, self.peer = room, peer
        self.device = SfuDevice(self.request)
        self.producers: list[dict[str, Any]] = []

    async def request(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self._server.handle(method, {"roomId": self.room, "peerId": self.peer, **data})

    async def join(self, *, record: bool = False, role: str = "customer") -> Party:
        answer = await self.request("join", {"role": role, "record": record})
        await self.device.load(answer["rtpCapabilities"])
        self.producers = answer["producers"]
        return self


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
async def server(tmp_path: Path, events: Events) -> AsyncIterator[MediaServer]:
    config = MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path / "recordings")
    node = MediaServer(config, events)
    await node.start()
    yield node
    await node.stop()


@pytest.fixture
async def party(server: MediaServer) -> AsyncIterator[Callable[..., Any]]:
    """Makes a party that has joined; all are closed at the end."""
    made: list[Party] = []

    async def make(peer: str, room: str = "room", *, record: bool = False, role: str = "customer") -> Party:
        made.append(await Party(server, room, peer).join(record=record, role=role))
        return made[-1]

    yield make
    for one in made:
        await one.device.close()
