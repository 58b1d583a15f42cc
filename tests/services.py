"""Real servers for tests: each on free loopback ports, in a folder of its own, gone when the test run is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from config.supervisor.options import free_port
from config.supervisor.redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN = 30.0
LOOPBACK = "127.0.0.1"


class ServiceError(Exception):
    """A server did not start. The text holds the end of its log."""


class Process:
    """A child process with its own group and its log in a file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                list(command),
                cwd=ROOT,
                env=dict(environment) if environment is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
            )

    def wait_until(self, ready: Callable[[], bool], within: float = READY_WITHIN) -> None:
        """Raises ServiceError when the process dies first or the time runs out."""
        deadline = time.monotonic() + within
        while not ready():
            if self.popen.poll() is not None:
                raise ServiceError(f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready in {within:.0f} s:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, number: signal.Signals = signal.SIGTERM, grace: float = 10.0) -> None:
        """Ends the whole group; returns when it is gone."""
        self.terminate(number)
        self.finish(grace)

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, without waiting: `finish` does."""
        if self.popen.poll() is None:
            self._signal(number)

    def finish(self, grace: float = 10.0) -> None:
        """Wait for the end of the group, for `grace` seconds politely."""
        if self.popen.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(grace)
        self._signal(signal.SIGKILL)
        self.popen.wait()

    def kill(self) -> None:
        """kill -9, as a crash would do it."""
        self._signal(signal.SIGKILL)
        self.popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)


class RedisServer:
    """The same embedded Redis that `make run` starts."""

    def __init__(self, folder: Path) -> None:
        self._embedded = EmbeddedRedis(folder)
        self._log = folder / "redis-output.log"
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return self._embedded.url

    def start(self) -> Self:
        service = self._embedded.service()
        self._process = Process("redis", service.command, self._log)
        self._process.wait_until(self._embedded.answers)
        return self

    def stop(self) -> None:
        if self._process:
            self._process.stop()


class PostgresServer:
    """A cluster made by initdb; by an unprivileged user when we are root, because PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.user = "postgres" if os.geteuid() == 0 else None
        self._process: Process | None = None

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[PostgresServer]:
        with tempfile.TemporaryDirectory(prefix="cc-postgres-") as folder:
            server = cls(Path(folder)).start()
            try:
                yield server
            finally:
                server.stop()

    @property
    def url(self) -> str:
        return f"postgresql://contact@{LOOPBACK}:{self.port}/postgres"

    def start(self) -> Self:
        data, log = self.folder / "data", self.folder / "postgres.log"
        log.touch()
        if self.user:
            shutil.chown(self.folder, self.user)
            self.folder.chmod(0o700)
        programs = postgres_programs()
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "contact",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        made = subprocess.run([*initdb, "--locale=C.UTF-8"], capture_output=True, text=True, user=self.user)
        if made.returncode:
            raise ServiceError(f"initdb failed:\n{made.stderr}")
        server = [str(programs / "postgres"), "-D", str(data), "-h", LOOPBACK, "-p", str(self.port)]
        # A test database may forget everything at a power cut.
        quick = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]
        sockets = ["-k", str(self.folder), "-c", "max_connections=200"]
        self._process = Process("postgres", [*server, *quick, *sockets], log, user=self.user)
        self._process.wait_until(self._answers)
        return self

    def stop(self) -> None:
        if self._process:
            self._process.stop(signal.SIGINT)  # fast shutdown: open connections are cut

    def _answers(self) -> bool:
        ready = [str(postgres_programs() / "pg_isready"), "-h", LOOPBACK, "-p", str(self.port), "-q"]
        return subprocess.run(ready, check=False).returncode == 0


class Coturn:
    """A TURN server on loopback with time-limited REST credentials."""

    def __init__(self, folder: Path, host: str = LOOPBACK) -> None:
        self.folder = folder
        self.host = host
        self.port = free_port(host) if host == LOOPBACK else 3478
        self.secret = "test-turn-secret"
        self._process: Process | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the system under test must be told."""
        return {"TURN_URLS": f"turn:{self.host}:{self.port}?transport=udp", "TURN_SECRET": self.secret}

    @property
    def log(self) -> Path:
        return self.folder / "coturn.log"

    def credentials(self, user: str, seconds: int = 600) -> tuple[str, str]:
        """A user name and password as the REST API of TURN makes them."""
        name = f"{int(time.time()) + seconds}:{user}"
        digest = hmac.new(self.secret.encode(), name.encode(), hashlib.sha1).digest()
        return name, base64.b64encode(digest).decode()

    def command(self) -> list[str]:
        address = ["--listening-ip", self.host, "--relay-ip", self.host, "--listening-port", str(self.port)]
        relay = ["--min-port", "20000", "--max-port", "29999", "--allow-loopback-peers"]
        access = ["--use-auth-secret", "--static-auth-secret", self.secret, "--realm", "test"]
        quiet = ["-n", "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log", "-v"]
        files = ["--pidfile", str(self.folder / "turn.pid"), "--userdb", str(self.folder / "turn.db")]
        return [find_program("turnserver"), *quiet, *address, *relay, *access, *files]

    def start(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = Process("coturn", self.command(), self.log)
        self._process.wait_until(lambda: accepts(self.host, self.port))
        return self

    def stop(self) -> None:
        if self._process:
            self._process.stop()


def accepts(host: str, port: int) -> bool:
    """Whether somebody listens on a TCP port."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def find_program(name: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=path)
    if not found:
        raise ServiceError(f"{name} is missing; make test installs it or says how")
    return found


def postgres_programs() -> Path:
    """The folder with initdb and postgres: the newest of Debian's, else the one on PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return versions[-1] if versions else Path(find_program("initdb")).parent
