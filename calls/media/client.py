"""How the web process speaks to media nodes."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import Any

from redis.exceptions import RedisError

from calls.media.errors import BAD_REQUEST, UNAVAILABLE, MediaError
from calls.media.rpc import (
    LARGEST_MESSAGE,
    NODES,
    REPLY_TTL_S,
    connection,
    disconnect,
    next_item,
    node_key,
    requests_key,
)

FORGET_NODE_AFTER_S = 86_400


class MediaClient:
    """Asks media nodes. One for an event loop; close it with the loop, or use it as a context manager."""

    def __init__(self, redis_url: str) -> None:
        self._redis = connection(redis_url)
        self._blocking = connection(redis_url)
        self._reply_to = f"cc:media:replies:{uuid.uuid4().hex}"
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._loop_task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> MediaClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def request(
        self,
        node: str,
        method: str,
        data: dict[str, Any],
        timeout: float = 5.0,  # noqa: ASYNC109  # also the deadline that the node is told
    ) -> dict[str, Any]:
        """Ask one node and give its answer.

        Raises MediaError with the node's code, or "media_unavailable" after `timeout` seconds of silence.
        """
        request_id = uuid.uuid4().hex
        message = self._message(request_id, method, data, timeout)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        self._listen()
        try:
            async with asyncio.timeout(timeout):
                await self._push(requests_key(node), message)
                reply = await answer
        except (TimeoutError, RedisError, OSError) as error:
            raise MediaError(UNAVAILABLE, "the media server does not answer") from error
        finally:
            self._waiting.pop(request_id, None)
        return unwrap(reply)

    async def pick_node(self) -> str:
        """The living node with the fewest peers. Raises MediaError "media_unavailable" if there is none."""
        living = [(status.get("peers", 0), node) for node, status in (await self.nodes()).items()]
        if not living:
            raise MediaError(UNAVAILABLE, "no media server is running")
        return min(living)[1]

    async def nodes(self) -> dict[str, dict[str, Any]]:
        """The living nodes with what they tell of themselves."""
        try:
            oldest = time.time() - FORGET_NODE_AFTER_S
            await self._redis.zremrangebyscore(NODES, "-inf", oldest)
            names = [name.decode() for name in await self._redis.zrange(NODES, 0, -1)]
            told = await self._redis.mget([node_key(name) for name in names]) if names else []
        except (RedisError, OSError) as error:
            raise MediaError(UNAVAILABLE, "Redis does not answer") from error
        return living(names, told)

    async def is_alive(self, node: str) -> bool:
        """Did the node give a sign of life in the last seconds? False also while Redis is away."""
        try:
            return bool(await self._redis.exists(node_key(node)))
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        task, self._loop_task = self._loop_task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for answer in self._waiting.values():
            answer.cancel()
        await disconnect(self._redis, self._blocking)

    def _message(self, request_id: str, method: str, data: dict[str, Any], timeout: float) -> bytes:
        deadline = int((time.time() + timeout) * 1000)
        request = {
            "id": request_id,
            "reply_to": self._reply_to,
            "method": method,
            "data": data,
            "deadline": deadline,
        }
        message = json.dumps(request).encode()
        if len(message) > LARGEST_MESSAGE:
            raise MediaError(BAD_REQUEST, "the request is too large")
        return message

    async def _push(self, key: str, message: bytes) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.rpush(key, message)
            # Requests to a node that died do not stay for ever.
            pipe.expire(key, REPLY_TTL_S)
            await pipe.execute()

    def _listen(self) -> None:
        if self._loop_task is None or self._loop_task.done():
            self._loop_task = asyncio.get_running_loop().create_task(self._collect(), name="media-replies")

    async def _collect(self) -> None:
        while True:
            raw = await next_item(self._blocking, self._reply_to)
            if raw is None:
                continue
            reply = json.loads(raw)
            answer = self._waiting.get(str(reply.get("id")))
            if answer is not None and not answer.done():
                answer.set_result(reply)


def unwrap(reply: dict[str, Any]) -> dict[str, Any]:
    if "error" in reply:
        raise MediaError(str(reply["error"]["code"]), str(reply["error"]["message"]))
    result = reply["result"]
    assert isinstance(result, dict)
    return result


def living(names: list[str], told: list[bytes | None]) -> dict[str, dict[str, Any]]:
    """Nodes with what they told last, without those whose word has run out."""
    return {name: json.loads(status) for name, status in zip(names, told, strict=True) if status is not None}
