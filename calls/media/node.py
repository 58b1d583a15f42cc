"""A media node as a whole: the server, its requests over Redis, and the safe delivery of what it tells.

What a segment needs (a database row) and what an event needs (the web processes) is given from outside:
`register` is called in a thread and tried again until it succeeds, since the file stays; `relay` is awaited
and tried once, since whoever missed an event reads the state.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from calls.media.config import MediaConfig
from calls.media.recordings import Segment, list_segments, recover_segments
from calls.media.rpc import MediaRpcServer
from calls.media.server import MediaServer

logger = logging.getLogger(__name__)

LOOK_BACK_MS = 7 * 24 * 3600 * 1000
"""Younger files are registered again at the start: the database may have been away at the end."""
RETRY_FIRST_S = 0.5
RETRY_LONGEST_S = 300.0
EVENT_BACKLOG = 10_000
LAST_DELIVERY_S = 10.0

Register = Callable[[Segment], None]
Relay = Callable[[dict[str, Any]], Awaitable[None]]


class MediaNode:
    def __init__(
        self, config: MediaConfig, redis_url: str, *, register: Register, relay: Relay, name: str = ""
    ) -> None:
        self.name = name or f"media-{secrets.token_hex(4)}"
        self._config = config
        self._register = register
        self._relay = relay
        self._segments: asyncio.Queue[tuple[Segment, float]] = asyncio.Queue()
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(EVENT_BACKLOG)
        self._server = MediaServer(config, self._told)
        self._rpc = MediaRpcServer(redis_url, self.name, self._server.handle, self._status)
        self._deliveries: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        return self._server.port

    async def start(self) -> None:
        """Recover what a dead process left, then serve. Raises OSError (port taken) or RedisError."""
        self._config.recordings_dir.mkdir(parents=True, exist_ok=True)
        await self._server.start()
        for segment in await asyncio.to_thread(self._left_behind):
            self._segments.put_nowait((segment, RETRY_FIRST_S))
        loop = asyncio.get_running_loop()
        self._deliveries = [
            loop.create_task(self._deliver_segments(), name="register-segments"),
            loop.create_task(self._deliver_events(), name="relay-events"),
        ]
        try:
            await self._rpc.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take no more requests, close every file, deliver what there is to deliver within some seconds."""
        await self._rpc.stop()
        await self._server.stop()
        try:
            async with asyncio.timeout(LAST_DELIVERY_S):
                await self._segments.join()
                await self._events.join()
        except TimeoutError:
            logger.error("%d segments not registered; they will be at the next start", self._segments.qsize())
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    def _left_behind(self) -> list[Segment]:
        recover_segments(self._config.recordings_dir)
        since_ms = int(time.time() * 1000) - LOOK_BACK_MS
        return list(list_segments(self._config.recordings_dir, since_ms=since_ms))

    def _status(self) -> dict[str, Any]:
        return {
            "rooms": len(self._server.rooms),
            "peers": self._server.peer_count,
            "announced": self._config.announced_address,
        }

    def _told(self, event: dict[str, Any]) -> None:
        if event["type"] == "segment":
            segment = Segment(**{key: value for key, value in event.items() if key != "type"})
            self._segments.put_nowait((segment, RETRY_FIRST_S))
            return
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            logger.error("media event dropped type=%s", event["type"])

    async def _deliver_segments(self) -> None:
        while True:
            segment, delay = await self._segments.get()
            try:
                await asyncio.to_thread(self._register, segment)
            except Exception as error:  # noqa: BLE001  # whatever the database raises, the file is there
                logger.warning("segment %s not registered yet: %s", segment.path, type(error).__name__)
                self._try_again(segment, delay)
            self._segments.task_done()

    def _try_again(self, segment: Segment, delay: float) -> None:
        """Later, so that one that never succeeds does not hold up the others."""
        again = (segment, min(delay * 2, RETRY_LONGEST_S))
        asyncio.get_running_loop().call_later(delay, self._segments.put_nowait, again)

    async def _deliver_events(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await self._relay(event)
            except Exception as error:  # noqa: BLE001  # the channel layer's errors are many
                logger.warning("media event not relayed type=%s: %s", event["type"], type(error).__name__)
            self._events.task_done()
