"""Starts everything in order, keeps it alive, stops it in order."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.supervisor.child import Child, Service
from config.supervisor.options import ROOT, Options, StartError
from config.supervisor.output import Console
from config.supervisor.redis import EmbeddedRedis

Welcome = Callable[[Mapping[str, str]], Iterable[str]]

READY_WITHIN = 60.0  # seconds
LOOK_EVERY = 0.1
HOPELESS_STARTS = 4  # a web process that died so often before it ever answered will not answer


class House:
    """All processes of one system under one data folder."""

    def __init__(
        self, options: Options, services: Sequence[Service], console: Console, *, cwd: Path = ROOT
    ) -> None:
        self.options = options
        self.services = services
        self.console = console
        self.cwd = cwd
        self.children: list[Child] = []
        self.redis: EmbeddedRedis | None = None
        self.stop_asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, prepare: Sequence[str], welcome: Welcome) -> None:
        """Start, say welcome, wait for Ctrl-C or SIGTERM, stop. Raises StartError.

        `prepare` is run once Redis answers and before anything else starts. `welcome` gives the lines
        to print when the system is ready; it is called in a thread with the environment of the processes.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self.stop_asked.set)
        with _only_one(self.options.data_dir):
            try:
                await self._unless_stopped(self._open(prepare, welcome))
                await self.stop_asked.wait()
            finally:
                await self._close()

    async def _open(self, prepare: Sequence[str], welcome: Welcome) -> None:
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "REDIS_URL": await self._redis_url()}
        self._remember(environment["REDIS_URL"])
        if prepare:
            await self._prepare(prepare, environment)
        for service in self.services:
            if not service.later:  # what customers wait for has the processors to itself first
                self._start(service, environment)
        lines = asyncio.create_task(asyncio.to_thread(lambda: list(welcome(environment))), name="welcome")
        try:
            await self._healthy()
            for service in self.services:
                if service.later:
                    self._start(service, environment)
            for line in await lines:
                self.console.plain(line)
        finally:
            lines.cancel()

    async def _redis_url(self) -> str:
        if self.options.redis_url:
            return self.options.redis_url
        self.redis = EmbeddedRedis(self.options.data_dir)
        self._start(self.redis.service(), os.environ)
        await self._until(self.redis.answers, f"redis did not answer; {self.redis.log} says why")
        return self.redis.url

    async def _prepare(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.cwd,
            env=dict(environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await process.communicate())[0].decode(errors="replace").strip().splitlines()
        if process.returncode:
            for line in output[-25:-1]:
                self.console.line("setup", line)
            raise StartError(output[-1] if output else "the database could not be prepared")

    def _start(self, service: Service, environment: Mapping[str, str]) -> None:
        child = Child(service, self.console, self.cwd, environment)
        self.children.append(child)
        self._tasks.append(asyncio.create_task(child.run(), name=service.name))

    async def _healthy(self) -> None:
        web = next(child for child in self.children if child.service.name == "web")

        def healthy() -> bool:
            if web.starts >= HOPELESS_STARTS:
                raise StartError("web ended again and again; its lines above say why")
            return answers_ok(f"http://127.0.0.1:{self.options.port}/health")

        await self._until(healthy, "web did not answer; its lines above say why")

    async def _until(self, condition: Callable[[], bool], complaint: str) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN):
                while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - another process cannot set an Event
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise StartError(complaint) from None

    async def _unless_stopped(self, opening: Coroutine[Any, Any, None]) -> None:
        """Ctrl-C while starting stops the start."""
        work = asyncio.create_task(opening, name="open")
        stop = asyncio.create_task(self.stop_asked.wait(), name="stop asked")
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if work.done():
            work.result()
            return
        work.cancel()
        await asyncio.wait({work})

    async def _close(self) -> None:
        if self.children:
            self.console.plain("stopping ...")
        order = [service.name for service in self.services]
        # Redis is none of the services and comes last: the others still say goodbye through it.
        for child in sorted(self.children, key=lambda child: (*order, "redis").index(child.service.name)):
            await child.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        stack_file(self.options.data_dir).unlink(missing_ok=True)

    def _remember(self, redis_url: str) -> None:
        """So that `manage.py` in another terminal finds the Redis of this run."""
        path = stack_file(self.options.data_dir)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"REDIS_URL={redis_url}\nPORT={self.options.port}\n")


def stack_file(data_dir: Path) -> Path:
    """The addresses of the running system, in the form of a .env file; there only while it runs."""
    return data_dir / "run" / "stack.env"


def answers_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Two supervisors over one data folder would record into the same files."""
    folder = data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"already running over {data_dir}; stop it with Ctrl-C there") from None
        yield
