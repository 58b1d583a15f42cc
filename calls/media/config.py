"""How one media node is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MediaConfig:
    """Settings of one node. Times are in the unit that the name says.

    `port` 0 takes a free port (tests). `announced_address` is what browsers are told to send to: the
    machine's public address, which behind a NAT or in a container is not the one it listens on.
    """

    listen_host: str
    port: int
    announced_address: str
    recordings_dir: Path
    max_segment_ms: int = 15_000
    # A browser proves every 5 s at most that it is still there (RFC 7675); a phone in a lift is given longer.
    disconnected_after_s: float = 8.0
    # Nothing is sent any more to who was not heard of for so long (RFC 7675 section 5.1).
    consent_s: float = 30.0
    idle_close_s: float = 120.0
    max_peers_per_room: int = 64
    max_transports_per_peer: int = 6
    max_producers_per_peer: int = 8
    max_consumers_per_peer: int = 128
