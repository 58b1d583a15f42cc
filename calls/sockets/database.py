"""The one crossing from sockets to the database and the disk: synchronous code runs in a few threads of its own.

Not the one thread that asgiref keeps for thread-sensitive code: a slow query of one socket would hold up all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ParamSpec, TypeVar, cast

from channels.db import database_sync_to_async
from django.db import connection, connections

P = ParamSpec("P")
T = TypeVar("T")
KEEP_SECONDS = 60


def _keep_connection() -> None:
    """A thread's connection outlives the crossing: to open one costs more than most questions, and holds up the loop."""
    if not connection.settings_dict["OPTIONS"].get("pool"):
        kept = {"CONN_MAX_AGE": KEEP_SECONDS, "CONN_HEALTH_CHECKS": True}
        connection.settings_dict = connection.settings_dict | kept


THREADS = ThreadPoolExecutor(4, thread_name_prefix="socket-database", initializer=_keep_connection)
LEASES = ThreadPoolExecutor(1, thread_name_prefix="socket-leases", initializer=_keep_connection)
"""A lease is written in time, however many slow questions wait for the other threads."""


def close_connections() -> None:
    """For who takes the database away. No socket may be open any more."""
    for threads, size in ((THREADS, 4), (LEASES, 1)):
        all_here = Barrier(size)  # else one thread would close its own four times
        for closed in [threads.submit(_close_own, all_here) for _ in range(size)]:
            closed.result()


def _close_own(all_here: Barrier) -> None:
    all_here.wait()
    connections.close_all()


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
