"""Which processes make the system. docker-compose.yml starts the same ones."""

from __future__ import annotations

import sys

from config.supervisor.child import Service
from config.supervisor.options import Options

PYTHON = sys.executable


def services(options: Options) -> list[Service]:
    """In the order in which they are stopped: first those that take new work, last those that finish it."""
    return [web(options), media(), worker(options), assistant(options), batch(options), beat()]


def web(options: Options) -> Service:
    # Verbosity 0 switches the access log off: capability tokens stand in paths.
    address = ("-b", options.host, "-p", str(options.port))
    return Service(
        "web", (PYTHON, "-m", "daphne", "-v", "0", "--no-server-name", *address, "config.asgi:application")
    )


def media() -> Service:
    return Service("media", (PYTHON, "manage.py", "run_media_server"))


def worker(options: Options) -> Service:
    return _celery("worker", "live,default", options.live_threads)


def assistant(options: Options) -> Service:
    """It mostly waits for others, a language model for one: captions must not wait with it."""
    return _celery("assistant", "assistant", options.assistant_threads)


def batch(options: Options) -> Service:
    return _celery("batch", "batch", options.batch_threads)


def beat() -> Service:
    command = (PYTHON, "-m", "celery", "-A", "config", "-q", "beat", "-l", "WARNING", "--pidfile=")
    return Service("beat", command, later=True)


def _celery(name: str, queues: str, threads: int) -> Service:
    """Threads, not processes: a speech model is loaded once and lets go of the interpreter while it works."""
    pool = ("-P", "threads", "-c", str(threads), "--without-gossip", "--without-mingle")
    command = (
        PYTHON,
        "-m",
        "celery",
        "-A",
        "config",
        "-q",
        "worker",
        "-Q",
        queues,
        "-n",
        f"{name}@%h",
        *pool,
    )
    return Service(name, (*command, "-l", "WARNING"), grace=10.0, later=True)
