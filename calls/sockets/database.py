"""The one crossing from sockets to the database and the disk: synchronous code runs in a few threads of its own.

Not the one thread that asgiref keeps for thread-sensitive code: a slow query of one socket would hold up all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")
THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="socket-database")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `function`, run in a thread with its own connection, which is given back afterwards."""
    crossing = database_sync_to_async(function, thread_sensitive=False, executor=THREADS)
    return cast(T, await crossing(*args, **kwargs))
