"""A link that can be made bad by netem: a veth pair between this machine's network and a namespace with one far end."""

from __future__ import annotations

import ctypes
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services import find_program

NEAR, FAR = "10.77.0.1", "10.77.0.2"
CLONE_NEWNET = 0x40000000
QUEUE_PACKETS = 60
"""What a cheap router keeps for a line that is full."""


class BadLink:
    """Needs root and iproute2; leaves nothing behind."""

    def __init__(self) -> None:
        tag = secrets.token_hex(2)
        self._name, self._near, self._far = f"bad-{tag}", f"n{tag}", f"f{tag}"

    def __enter__(self) -> Self:
        _run("ip", "netns", "add", self._name)
        try:
            _run(
                "ip",
                "link",
                "add",
                self._near,
                "type",
                "veth",
                "peer",
                "name",
                self._far,
                "netns",
                self._name,
            )
            _run("ip", "addr", "add", f"{NEAR}/30", "dev", self._near)
            _run("ip", "link", "set", self._near, "up")
            self._inside("ip", "addr", "add", f"{FAR}/30", "dev", self._far)
            self._inside("ip", "link", "set", self._far, "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @contextmanager
    def far_end(self) -> Iterator[None]:
        """Sockets that this thread opens in the meantime are at the far end, and stay there."""
        with (
            Path("/proc/thread-self/ns/net").open() as here,
            Path(f"/run/netns/{self._name}").open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())

    def impair(self, *netem: str) -> None:
        """In both directions: `impair("loss", "5%")`. Without arguments the link is good again."""
        rule = ("root", "netem", *netem, "limit", str(QUEUE_PACKETS)) if netem else ("root", "pfifo")
        _run("tc", "qdisc", "replace", "dev", self._near, *rule)
        self._inside("tc", "qdisc", "replace", "dev", self._far, *rule)

    def _inside(self, *command: str) -> None:
        _run("ip", "netns", "exec", self._name, *command)

    def _remove(self) -> None:
        subprocess.run(["ip", "link", "delete", self._near], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "delete", self._name], check=False)


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _run(program: str, *arguments: str) -> None:
    subprocess.run([find_program(program), *arguments], check=True)
