"""The system as it runs in production, as child processes over a temporary data folder."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from celery import Celery

from config.bootstrap.places import venv_environment
from config.supervisor import plan
from config.supervisor.child import Service
from config.supervisor.house import answers_ok
from config.supervisor.options import Options, free_port
from tests.answering import MARK
from tests.migrated import copy_migrated
from tests.services import LOOPBACK, ROOT, Process, RedisServer, ServiceError

WORKERS = {"worker", "assistant", "batch"}


class Stack:
    """web, media, worker, batch, beat and Redis, with the very commands of `make run`."""

    migrated: bytes | None = None

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.redis = RedisServer(folder / "redis")
        self.processes: dict[str, Process] = {}
        self.environment = venv_environment() | self._settings() | dict(environment)
        self._answering: subprocess.Popen[str] | None = None
        self._asking = Lock()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://localhost:{self.port}/ws/"

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def turn(self) -> bool:
        return bool(self.environment.get("TURN_URLS"))

    def start(self, *only: str) -> Self:
        """Returns when every process answers, or the named ones alone. Raises ServiceError with the end of a log."""
        try:
            self._start(only)
        except Exception:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        if self._answering is not None:
            self._answering.kill()
            self._answering.communicate()
            self._answering = None
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            process.finish()
        self.processes.clear()
        self.redis.stop()

    def restart(self, name: str) -> None:
        """Kill -9 a process and start it again, as the supervisor does."""
        self.processes.pop(name).kill()
        self.start_process(name)

    @contextmanager
    def changed(self, name: str, **environment: str) -> Iterator[None]:
        """One process runs with other settings, and as before after the block: quicker than a system of one's own."""
        before = self.environment
        self.environment = before | environment
        try:
            self.restart(name)
            yield
        finally:
            self.environment = before
            self.restart(name)

    def kill(self, name: str) -> None:
        self.processes.pop(name).kill()

    def start_process(self, name: str) -> None:
        """Start one process of the plan and wait until it answers."""
        process = self._launch(self._services()[name])
        process.wait_until(lambda: self._answers(name), 60)

    def manage(self, *arguments: str) -> str:
        """The output of `manage.py ...` in this system. Raises ServiceError when it fails."""
        command = [plan.PYTHON, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise ServiceError(f"manage.py {arguments[0]} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def ask(self, code: str) -> Any:
        """Run Python inside this system; `code` sets `answer` to something that JSON can hold, which is returned.

        Raises ServiceError with the traceback of what went wrong.
        """
        with self._asking:
            found = self._question(code)
        if "error" in found:
            raise ServiceError(found["error"])
        return found["answer"]

    def _question(self, code: str) -> dict[str, Any]:
        asked = self._answering
        if asked is None or asked.stdin is None or asked.stdout is None:
            raise ServiceError("the system is not running")
        asked.stdin.write(json.dumps({"code": code}) + "\n")
        asked.stdin.flush()
        for line in asked.stdout:
            if line.startswith(MARK):
                return dict(json.loads(line.removeprefix(MARK)))
        raise ServiceError(f"nothing answers:\n{_tail(self.folder / 'answering.log')}")

    def log_tails(self) -> list[tuple[str, str]]:
        return [(f"log of {path.stem}", _tail(path)) for path in sorted(self.folder.glob("*.log"))]

    def logs(self) -> str:
        """Everything that any process wrote: for tests of what must never be written."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def _settings(self) -> dict[str, str]:
        return {
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": f"sqlite:///{self.data_dir}/db.sqlite3",
            "REDIS_URL": self.redis.url,
            "PORT": str(self.port),
            "HOST": LOOPBACK,
            "PUBLIC_URL": self.url,
            "MEDIA_LISTEN_HOST": LOOPBACK,
            "MEDIA_ANNOUNCED_ADDRESS": LOOPBACK,
            "MEDIA_PORT": "0",
            # Longer than people are asked to wait: two browsers and a system on two busy cores are slower than any network.
            "DIRECT_TIMEOUT_SECONDS": "12",
        }

    def _start(self, only: tuple[str, ...]) -> None:
        self.data_dir.mkdir(parents=True)
        self.redis.start()
        self._make_database()
        self._answering = self._start_answering()
        services = self._services()
        for name in only or services:
            self._launch(services[name])
        for name, process in list(self.processes.items()):
            process.wait_until(lambda name=name: self._answers(name), 60)

    def _make_database(self) -> None:
        """Migrated once per test run; later systems begin with a copy."""
        file = self.data_dir / "db.sqlite3"
        mine = self.environment["DATABASE_URL"].endswith(str(file))
        if mine and copy_migrated(file):
            return
        if mine and Stack.migrated is not None:
            file.write_bytes(Stack.migrated)
            return
        self.manage("migrate", "--no-input", "--verbosity", "0")
        if mine:
            Stack.migrated = file.read_bytes()

    def _start_answering(self) -> subprocess.Popen[str]:
        with (self.folder / "answering.log").open("ab") as log:
            return subprocess.Popen(
                [plan.PYTHON, "-m", "tests.answering"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _services(self) -> dict[str, Service]:
        options = Options(
            host=LOOPBACK,
            port=self.port,
            media_host=LOOPBACK,
            media_port=0,
            data_dir=self.data_dir,
            redis_url=self.redis.url,
            live_threads=1,
            batch_threads=1,
            assistant_threads=4,
        )
        return {service.name: service for service in plan.services(options)}

    def _launch(self, service: Service) -> Process:
        environment = self.environment | dict(service.environment)
        process = Process(
            service.name, service.command, self.folder / f"{service.name}.log", environment=environment
        )
        self.processes[service.name] = process
        return process

    def _answers(self, name: str) -> bool:
        if name == "web":
            return answers_ok(f"{self.url}/health")
        if name == "media":
            return self._media_beats()
        if name in WORKERS:
            return name in self._workers()
        return True  # beat tells nobody; what it starts shows in the tests

    def _media_beats(self) -> bool:
        """A heartbeat that is newer than this start: a killed node's key lives on for some seconds."""
        import redis

        with redis.Redis.from_url(self.redis.url) as client:
            nodes = list(client.scan_iter("cc:media:node:*"))
            return any((client.pttl(node) or 0) > 0 and self._is_new(client.get(node)) for node in nodes)

    def _is_new(self, beat: bytes | None) -> bool:
        started = json.loads(beat or b"{}").get("started", time.time())
        started = started / 1000 if started > 1e11 else started
        return bool(started >= _birth(self.processes["media"].popen.pid) - 1)

    def _workers(self) -> set[str]:
        app = Celery(broker=self.redis.url)
        app.conf.broker_transport_options = {"global_keyprefix": "cc-celery:"}
        replies = app.control.ping(timeout=0.5)
        app.close()
        return {name.split("@")[0] for reply in replies for name in reply}


def _tail(path: Path, lines: int = 40) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def _birth(pid: int) -> float:
    """When a process began, Unix seconds."""
    return Path(f"/proc/{pid}").stat().st_mtime
