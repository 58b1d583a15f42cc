"""How a worker speaks to media nodes: one request at a time, without an event loop. The web process has client.py."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import redis
from redis.exceptions import RedisError

from calls.media.client import living, unwrap
from calls.media.errors import BAD_REQUEST, NOT_FOUND, UNAVAILABLE, MediaError
from calls.media.rpc import LARGEST_MESSAGE, NODES, REPLY_TTL_S, node_key, requests_key


class MediaAsker:
    """Keeps a pool of connections; threads may share it."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Any = redis.Redis.from_url(redis_url, socket_connect_timeout=4)

    def request(self, node: str, method: str, data: dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:
        """Ask one node and give its answer. Raises MediaError with its code, or "media_unavailable" after `timeout` s."""
        if not node:
            raise MediaError(NOT_FOUND, "no node carries the call")
        request_id = uuid.uuid4().hex
        reply_to = f"cc:media:replies:{request_id}"
        deadline = int((time.time() + timeout) * 1000)
        request = {
            "id": request_id,
            "reply_to": reply_to,
            "method": method,
            "data": data,
            "deadline": deadline,
        }
        message = json.dumps(request).encode()
        if len(message) > LARGEST_MESSAGE:
            raise MediaError(BAD_REQUEST, "the request is too large")
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.rpush(requests_key(node), message)
                pipe.expire(requests_key(node), REPLY_TTL_S)
                pipe.execute()
            popped = self._redis.blpop([reply_to], timeout=timeout)
        except (RedisError, OSError) as error:
            raise MediaError(UNAVAILABLE, "the media server does not answer") from error
        if popped is None:
            raise MediaError(UNAVAILABLE, "the media server does not answer")
        return unwrap(json.loads(popped[1]))

    def is_alive(self, node: str) -> bool:
        try:
            return bool(self._redis.exists(node_key(node)))
        except (RedisError, OSError):
            return False

    def pick_node(self) -> str:
        """The living node with the fewest peers. Raises MediaError "media_unavailable" if there is none."""
        try:
            names = [name.decode() for name in self._redis.zrange(NODES, 0, -1)]
            told = self._redis.mget([node_key(name) for name in names]) if names else []
        except (RedisError, OSError) as error:
            raise MediaError(UNAVAILABLE, "Redis does not answer") from error
        nodes = sorted((status.get("peers", 0), name) for name, status in living(names, told).items())
        if not nodes:
            raise MediaError(UNAVAILABLE, "no media server is running")
        return str(nodes[0][1])
