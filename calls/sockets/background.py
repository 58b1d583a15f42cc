"""Background work of one socket: owned, named, cancelled and awaited when the socket is gone."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)
Work = Callable[[], Awaitable[None]]


class OwnedTasks:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def stop(self) -> None:
        """Cancel all but the task that asks, and wait until they are gone."""
        others = self._tasks - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("background task %s failed: %s", task.get_name(), describe(error))


class Lane:
    """Work that is done one after the other, beside the socket. It holds `size` pieces at most."""

    def __init__(self, tasks: OwnedTasks, name: str, size: int) -> None:
        self._tasks = tasks
        self._name = name
        self._size = size
        self._waiting: deque[Work] = deque()
        self._running = False

    def put(self, work: Work) -> bool:
        """False when the lane is full."""
        if len(self._waiting) >= self._size:
            return False
        self._waiting.append(work)
        if not self._running:
            self._running = True
            self._tasks.start(self._name, self._run())
        return True

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._waiting.popleft()()
        finally:
            self._running = False


class Coalescer:
    """However often it is woken while `work` runs, `work` runs once more afterwards."""

    def __init__(self, tasks: OwnedTasks, name: str, work: Work) -> None:
        self._tasks = tasks
        self._name = name
        self._work = work
        self._woken = self._running = False

    def wake(self) -> None:
        self._woken = True
        if not self._running:
            self._running = True
            self._tasks.start(self._name, self._run())

    async def _run(self) -> None:
        try:
            while self._woken:
                self._woken = False
                await self._work()
        finally:
            self._running = False


def describe(error: BaseException) -> str:
    """Kind and place of a fault. Not its text: a database quotes in it what a customer has written."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return f"{type(error).__name__} at " + " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
