"""One supervised process: started, listened to, brought back when it dies, stopped with all its own."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.supervisor.output import Console

FIRST_DELAY = 0.1  # seconds; a media server is back in about a second
LONGEST_DELAY = 10.0
STEADY_AFTER = 10.0  # a process that lived this long has earned a quick restart
LINE_LIMIT = 1 << 20
LAST_WORDS = 1.0  # seconds for what is still in the pipe of a process that has ended
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Service:
    """What to start. `grace` is how many seconds it gets to stop by itself; `later` waits until the web answers."""

    name: str
    command: tuple[str, ...]
    grace: float = 8.0
    later: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """Keeps one Service alive until told to stop."""

    def __init__(self, service: Service, console: Console, cwd: Path, environment: Mapping[str, str]) -> None:
        self.service = service
        self.console = console
        self.cwd = cwd
        self.environment = dict(environment) | dict(service.environment)
        self.starts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process and self.process.returncode is None else None

    async def run(self) -> None:
        """Until `stop`. A process that cannot be started at all raises OSError."""
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._live()
            if self._stopping.is_set():
                return
            delay = FIRST_DELAY if time.monotonic() - started >= STEADY_AFTER else delay
            self.console.line(self.service.name, f"ended ({ending(code)}); again in {delay:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def stop(self) -> None:
        """Ask, wait for the grace, then end the whole process group."""
        self._stopping.set()
        process = self.process
        if process is None:
            return
        if process.returncode is None:
            _signal_group(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), self.service.grace)
            except TimeoutError:
                self.console.line(self.service.name, f"did not stop in {self.service.grace:.0f} s; ended")
        _signal_group(process.pid, signal.SIGKILL)

    async def _live(self) -> int:
        # A pipe of our own: asyncio's would keep `wait` from returning while a grandchild holds the other end.
        reading, writing = os.pipe()
        try:
            self.process = await self._spawn(writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self.starts += 1
        listening = asyncio.create_task(self._listen(reading), name=f"listen {self.service.name}")
        code = await self.process.wait()
        _signal_group(self.process.pid, signal.SIGKILL)  # what it left behind would hold its ports
        await asyncio.wait({listening}, timeout=LAST_WORDS)
        listening.cancel()
        await asyncio.wait({listening})
        return code

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.service.command,
            cwd=self.cwd,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops all in order
            preexec_fn=_die_with(os.getpid()),
        )

    async def _listen(self, pipe: int) -> None:
        lines = asyncio.StreamReader(limit=LINE_LIMIT)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(pipe, "rb", buffering=0)
        )
        with contextlib.closing(transport):
            while not lines.at_eof():
                with contextlib.suppress(ValueError):  # a line over LINE_LIMIT: skipped, the process goes on
                    self._say(await lines.readline())

    def _say(self, raw: bytes) -> None:
        if raw:
            self.console.line(self.service.name, raw.decode(errors="replace").rstrip())


def ending(code: int) -> str:
    """A return code in words: `exit 1`, `SIGKILL`."""
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _die_with(parent: int) -> Callable[[], None] | None:
    """On Linux: the kernel ends the child when the supervisor itself is killed, so no orphan keeps a port."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return prepare
