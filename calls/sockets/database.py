"""The one crossing from sockets to the database and the disk: synchronous code runs in a few threads of its own.

Not the one thread that asgiref keeps for thread-sensitive code: a slow query of one socket would hold up all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast

from channels.db import database_sync_to_async
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")
KEEP_SECONDS = 60


KEPT: list[BaseDatabaseWrapper] = []
"""The connections of the threads."""


def _keep_connection() -> None:
    """A thread's connection outlives the crossing: to open one costs more than most questions, and holds up the loop."""
    own = connections[DEFAULT_DB_ALIAS]
    own.inc_thread_sharing()  # so that close_connections may close it
    KEPT.append(own)
    if not own.settings_dict["OPTIONS"].get("pool"):
        kept = {"CONN_MAX_AGE": KEEP_SECONDS, "CONN_HEALTH_CHECKS": True}
        own.settings_dict = own.settings_dict | kept


THREADS = ThreadPoolExecutor(4, thread_name_prefix="socket-database", initializer=_keep_connection)
LEASES = ThreadPoolExecutor(1, thread_name_prefix="socket-leases", initializer=_keep_connection)
"""A lease is written in time, however many slow questions wait for the other threads."""


def close_connections() -> None:
    """For who takes the database away. No socket may be open any more."""
    for one in KEPT:
        one.close()


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `function`, run in a thread that has its own connection."""
    return await _cross(THREADS, function, *args, **kwargs)


async def in_lease_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await _cross(LEASES, function, *args, **kwargs)


async def _cross(
    threads: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    crossing = database_sync_to_async(function, thread_sensitive=False, executor=threads)
    return cast(T, await crossing(*args, **kwargs))
