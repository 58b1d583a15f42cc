"""What `make run` may be told by the environment."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from config.helpers import env

ROOT = Path(__file__).resolve().parent.parent.parent


class StartError(Exception):
    """The system cannot start. The text is one line for the person who started it."""


@dataclass(frozen=True)
class Options:
    """Where to listen and what to start."""

    host: str
    port: int
    media_host: str
    media_port: int
    data_dir: Path
    redis_url: str  # empty: start an embedded one
    live_threads: int
    batch_threads: int
    assistant_threads: int

    @classmethod
    def from_environment(cls) -> Options:
        """Raises EnvError for a broken value or a broken .env."""
        env.load_dotenv(ROOT / ".env")
        return cls(
            host=env.text("HOST", "0.0.0.0"),  # noqa: S104 - a phone on the same network is the first customer
            port=env.integer("PORT", 8000, low=1, high=65535),
            media_host=env.text("MEDIA_LISTEN_HOST", "0.0.0.0"),  # noqa: S104 - likewise
            media_port=env.integer("MEDIA_PORT", 10000, low=0, high=65535),
            data_dir=Path(env.text("DATA_DIR", str(ROOT / "var"))).resolve(),
            redis_url=env.text("REDIS_URL", ""),
            live_threads=env.integer("LIVE_WORKER_THREADS", 2, low=1),
            batch_threads=env.integer("BATCH_WORKER_THREADS", 1, low=1),
            assistant_threads=env.integer("ASSISTANT_WORKER_THREADS", 8, low=1),
        )

    def check_ports(self) -> None:
        """Raises StartError for a port that somebody has already."""
        _claim(socket.SOCK_STREAM, self.host, self.port, "PORT")
        if self.media_port:
            _claim(socket.SOCK_DGRAM, self.media_host, self.media_port, "MEDIA_PORT")


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _claim(kind: socket.SocketKind, host: str, port: int, variable: str) -> None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:  # a port in TIME_WAIT is free for a server, which sets the same
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"{variable} {port} on {host}: {(error.strerror or 'not available').lower()}"
            raise StartError(f"{reason}; choose another: {variable}={port + 1} make run") from None
