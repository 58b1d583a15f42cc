"""`GET /health` (S5.1): is this process ready for work? No names, addresses or versions: anyone may ask."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calls.media.rpc import NODES, node_key
from calls.models import Participation
from calls.sockets.registry import connection_count

logger = logging.getLogger(__name__)

STARTED = time.monotonic()
PATIENCE_SECONDS = 1.0
"""How long Redis may take: a health check that hangs is worse than one that fails."""
SOME_NODES = 100
"""Those that were seen last; nodes that are gone for good stand before them."""


@require_safe
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """200 when database and Redis answer, else 503. Without a media node calls still connect directly: `degraded`."""
    checks = {"database": _passes(_database), "redis": _passes(_redis), "media": _passes(_media)}
    ready = checks["database"] and checks["redis"]
    status = "unavailable" if not ready else "ok" if checks["media"] else "degraded"
    body: dict[str, Any] = {
        "status": status,
        "connections": connection_count(),
        **(_in_rooms() if checks["database"] else {}),
        "uptime": round(time.monotonic() - STARTED, 1),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "checks": {name: "ok" if passed else "failed" for name, passed in checks.items()},
    }
    return JsonResponse(body, status=200 if ready else 503)


def _passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError, OSError) as error:
        logger.warning("health: %s failed: %s", check.__name__.strip("_"), type(error).__name__)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _redis() -> bool:
    with redis_client() as client:
        return bool(client.ping())


def redis_client() -> redis.Redis[bytes]:
    """One that gives up soon."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    )


def _media() -> bool:
    """Has any media node given a sign of life in the last seconds?"""
    with redis_client() as client:
        nodes = seen_nodes(client)
        return bool(nodes and client.exists(*map(node_key, nodes)))


def seen_nodes(client: redis.Redis[bytes]) -> list[str]:
    return [node.decode() for node in client.zrange(NODES, -SOME_NODES, -1)]


def _in_rooms() -> dict[str, int]:
    """How many rooms are in use, and by how many people."""
    here = Participation.objects.present().filter(session__ended_at=None)
    return here.aggregate(rooms=Count("session", distinct=True), participants=Count("pk"))
