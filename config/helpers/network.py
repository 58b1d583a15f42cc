"""This machine as others on its network see it."""

from __future__ import annotations

import socket

EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to


def lan_address() -> str:
    """This machine's address on its own network, or nothing when it has none. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 9))
        except OSError:
            return ""
        address = str(probe.getsockname()[0])
    return "" if address.startswith("127.") else address


def reachable_address(listen_host: str) -> str:
    """What to tell those who should reach a server that listens on `listen_host`. Behind NAT nobody can find it out."""
    if listen_host not in EVERYWHERE:
        return listen_host
    return lan_address() or "127.0.0.1"
