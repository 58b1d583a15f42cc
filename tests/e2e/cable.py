"""A browser at the far end of a cable that a test can pull: a network namespace of its own, one link to the system.

browser's namespace 10.77.0.2 ------ 10.77.0.1 this machine: pages through a door, media on every address
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from tests.services import LOOPBACK, ServiceError, find_program

NEAR, FAR = "10.77.0.1", "10.77.0.2"


class Cable:
    """Needs root and iproute2; leaves nothing behind."""

    def __init__(self) -> None:
        tag = secrets.token_hex(2)
        self.namespace = f"cable-{tag}"
        self.near, self.far = f"cn{tag}", f"cf{tag}"

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise ServiceError(
                "network namespaces need root: run this test as root or in a container of your own"
            )
        _ip("netns", "add", self.namespace)
        try:
            self._build()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def inside(self) -> tuple[str, ...]:
        """The prefix that runs a command at the far end."""
        return (find_program("ip"), "netns", "exec", self.namespace)

    def pull(self) -> None:
        _ip("link", "set", self.near, "down")

    def plug(self) -> None:
        _ip("link", "set", self.near, "up")

    @asynccontextmanager
    async def door(self, port: int) -> AsyncIterator[str]:
        """The pages of this machine's loopback, at the address that the far end sees."""
        async with await asyncio.start_server(lambda *ends: _pass_on(*ends, port), NEAR, port):
            yield f"http://{NEAR}:{port}"

    def _build(self) -> None:
        _ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.namespace)
        _ip("addr", "add", f"{NEAR}/24", "dev", self.near)
        _ip("link", "set", self.near, "up")
        for command in (
            ("addr", "add", f"{FAR}/24", "dev", self.far),
            ("link", "set", self.far, "up"),
            ("link", "set", "lo", "up"),
            ("route", "add", "default", "via", NEAR),
        ):
            _ip("-n", self.namespace, *command)

    def _remove(self) -> None:
        subprocess.run([find_program("ip"), "link", "delete", self.near], capture_output=True, check=False)
        subprocess.run([find_program("ip"), "netns", "delete", self.namespace], check=False)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    there, back = await asyncio.open_connection(LOOPBACK, port)
    try:
        await asyncio.gather(_pour(reader, back), _pour(there, writer))
    finally:
        for end in (writer, back):
            end.close()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, TimeoutError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.write_eof()


def _ip(*arguments: str) -> None:
    command = [find_program("ip"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"{' '.join(command)}: {done.stderr.strip()}")
