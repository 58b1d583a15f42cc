"""Two households behind routers, made of network namespaces: for calls that only a TURN server can carry.

    home a  10.1.1.2 --- router a 203.0.113.2 ---+
                                                 core 203.0.113.1, .5  (web, media, TURN)
    home b  10.2.2.2 --- router b 203.0.113.6 ---+

The core does not forward: each home reaches the core and nothing else, so the only way from one to the other is a relay
in the core.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from types import TracebackType
from typing import Self

from tests.services import ServiceError, find_program

CORE = "203.0.113.1"
HOMES = ("a", "b")


class Households:
    """Needs root and iproute2; leaves nothing behind."""

    def __init__(self) -> None:
        self.tag = f"cc{secrets.token_hex(2)}"
        self.core_address = CORE

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise ServiceError(
                "network namespaces need root: run this test as root or in a container of your own"
            )
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

    def inside(self, place: str) -> tuple[str, ...]:
        """The prefix that runs a command in `core`, `a` or `b`."""
        return (find_program("ip"), "netns", "exec", self._name(place))

    def run(self, place: str, *command: str) -> str:
        return _run(*self.inside(place), *command)

    def _build(self) -> None:
        for place in ("core", *(f"r{home}" for home in HOMES), *HOMES):
            _ip("netns", "add", self._name(place))
            self.run(place, "ip", "link", "set", "lo", "up")
        for number, home in enumerate(HOMES, start=1):
            outside = 4 * (number - 1)
            router = f"r{home}"
            self._wire("core", router, f"203.0.113.{outside + 1}/30", f"203.0.113.{outside + 2}/30")
            self._wire(router, home, f"10.{number}.{number}.1/24", f"10.{number}.{number}.2/24")
            self._route(number, home, outside)
        # A TURN server without a default route freezes its relays after some packets.
        self.run("core", "ip", "route", "add", "default", "via", "203.0.113.2")

    def _route(self, number: int, home: str, outside: int) -> None:
        """The router forwards; the core knows the way back to each home, but passes nothing on between them."""
        router = f"r{home}"
        self.run(home, "ip", "route", "add", "default", "via", f"10.{number}.{number}.1")
        self.run(router, "ip", "route", "add", "default", "via", f"203.0.113.{outside + 1}")
        self.run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.run(
            "core", "ip", "route", "add", f"10.{number}.{number}.0/24", "via", f"203.0.113.{outside + 2}"
        )

    def _wire(self, one: str, other: str, one_address: str, other_address: str) -> None:
        ends = [(one, other, one_address), (other, one, other_address)]
        near, far = self._end(one, other), self._end(other, one)
        _ip(
            "link",
            "add",
            near,
            "netns",
            self._name(one),
            "type",
            "veth",
            "peer",
            "name",
            far,
            "netns",
            self._name(other),
        )
        for place, toward, address in ends:
            self.run(place, "ip", "addr", "add", address, "dev", self._end(place, toward))
            self.run(place, "ip", "link", "set", self._end(place, toward), "up")

    def _remove(self) -> None:
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
        for line in listed.splitlines():
            name = line.split()[0]
            if name.startswith(f"{self.tag}-"):
                subprocess.run(["ip", "netns", "delete", name], check=False)

    def _name(self, place: str) -> str:
        return f"{self.tag}-{place}"

    def _end(self, place: str, toward: str) -> str:
        return f"v{place}{toward}"


def _ip(*arguments: str) -> str:
    return _run(find_program("ip"), *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
