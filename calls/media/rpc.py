"""Requests to media nodes over Redis lists: no port to open, no address to configure.

cc:media:{node}:requests    list of JSON {id, reply_to, method, data, deadline}; deadline in Unix ms
cc:media:replies:{client}   list of JSON {id, result} or {id, error: {code, message}}
cc:media:node:{node}        JSON {rooms, peers, started, announced}, gone 5 s after the last sign of life
cc:media:nodes              the nodes that were ever seen, by their last sign of life
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from calls.media.errors import BAD_REQUEST, INTERNAL, MediaError

logger = logging.getLogger(__name__)

NODES = "cc:media:nodes"
LARGEST_MESSAGE = 256 * 1024
HEARTBEAT_S = 1.5
NODE_TTL_S = 5
REPLY_TTL_S = 30
CONCURRENT_REQUESTS = 64
BLOCK_S = 1
RECONNECT_S = 0.5
CONNECTIONS = 16

Handle = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
Status = Callable[[], dict[str, Any]]


def requests_key(node: str) -> str:
    return f"cc:media:{node}:requests"


def node_key(node: str) -> str:
    return f"cc:media:node:{node}"


def connection(redis_url: str) -> Redis[bytes]:
    """A few connections that wait for each other; each blocks a little longer than its commands do."""
    pool: Any = BlockingConnectionPool.from_url(
        redis_url,
        max_connections=CONNECTIONS,
        timeout=4,
        socket_timeout=BLOCK_S + 4,
        socket_connect_timeout=4,
    )
    return _owning(pool)


def _owning(pool: Any) -> Redis[bytes]:
    """A client that closes its pool. Untyped, because the published stubs do not know `from_pool`."""
    client: Redis[bytes] = getattr(Redis, "from_pool")(pool)  # noqa: B009
    return client


async def disconnect(*connections: Any) -> None:
    """Close connections. Untyped, because the published stubs know only the old name of `aclose`."""
    for one in connections:
        await one.aclose()


class MediaRpcServer:
    """Serves one node's requests. `status` gives what the heartbeat tells besides the start time."""

    def __init__(self, redis_url: str, node_id: str, handler: Handle, status: Status = dict) -> None:
        self.node_id = node_id
        self._redis = connection(redis_url)
        self._blocking = connection(redis_url)
        self._handler = handler
        self._status = status
        self._started_ms = int(time.time() * 1000)
        self._slots = asyncio.Semaphore(CONCURRENT_REQUESTS)
        self._work: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Tell of the node and begin to serve. Raises RedisError where there is no Redis."""
        await self._beat()
        loop = asyncio.get_running_loop()
        self._loops = [
            loop.create_task(self._serve(), name="media-requests"),
            loop.create_task(self._keep_beating(), name="media-heartbeat"),
        ]

    async def stop(self) -> None:
        """Take no more, finish what was begun, and leave the list of nodes."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.gather(*self._work, return_exceptions=True)
        try:
            await self._redis.delete(node_key(self.node_id))
            await self._redis.zrem(NODES, self.node_id)
        except RedisError:
            logger.warning("media node %s could not sign off", self.node_id)
        await disconnect(self._redis, self._blocking)

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                await self._beat()
            except RedisError as error:
                logger.warning("media heartbeat failed: %s", type(error).__name__)

    async def _beat(self) -> None:
        told = json.dumps({**self._status(), "started": self._started_ms})
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(node_key(self.node_id), told, ex=NODE_TTL_S)
            pipe.zadd(NODES, {self.node_id: time.time()})
            await pipe.execute()

    async def _serve(self) -> None:
        while True:
            await self._slots.acquire()
            raw = await next_item(self._blocking, requests_key(self.node_id))
            if raw is None:
                self._slots.release()
                continue
            task = asyncio.get_running_loop().create_task(self._answer(raw), name="media-request")
            self._work.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        self._slots.release()

    async def _answer(self, raw: bytes) -> None:
        request = _request(raw)
        if request is None or _is_over(request.get("deadline")):
            return
        reply = {"id": request["id"], **await self._result(request)}
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.rpush(request["reply_to"], json.dumps(reply))
                pipe.expire(request["reply_to"], REPLY_TTL_S)
                await pipe.execute()
        except RedisError as error:
            logger.warning("media reply lost: %s", type(error).__name__)

    async def _result(self, request: dict[str, Any]) -> dict[str, Any]:
        method, data = request.get("method"), request.get("data")
        if not isinstance(method, str) or not isinstance(data, dict):
            return _error(BAD_REQUEST, "method and data are needed")
        try:
            return {"result": await self._handler(method, data)}
        except MediaError as error:
            return _error(error.code, error.message)
        except Exception:
            logger.exception("media request failed method=%s", method[:40])
            return _error(INTERNAL, "the media server failed")


async def next_item(redis: Redis[bytes], key: str) -> bytes | None:
    """The next item of a list, or None after a while or while Redis is away."""
    try:
        popped = await redis.blpop([key], timeout=BLOCK_S)
    except (RedisError, OSError):
        await asyncio.sleep(RECONNECT_S)
        return None
    return popped[1] if popped else None


def _request(raw: bytes) -> dict[str, Any] | None:
    """A request that can be answered, or None."""
    if len(raw) > LARGEST_MESSAGE:
        logger.warning("media request of %d bytes dropped", len(raw))
        return None
    try:
        request = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(request, dict):
        return None
    answerable = isinstance(request.get("id"), str) and isinstance(request.get("reply_to"), str)
    return request if answerable else None


def _is_over(deadline: object) -> bool:
    return isinstance(deadline, int | float) and deadline < time.time() * 1000


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
