"""A database by its address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config.helpers import env


def database(url: str, *, base: Path, data: Path, sqlite_sync: str) -> dict[str, Any]:
    """`sqlite:///path` or `postgresql://user:password@host:port/name` as Django's settings.

    A relative path begins at `base`; `data` holds the file of the tests.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) if parts.path.startswith("//") else str(base / parts.path[1:]),
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={sqlite_sync}; PRAGMA busy_timeout=20000;",
            },
            # In-memory test databases are per connection, and our sockets use threads: test on a file.
            "TEST": {"NAME": str(data / "test.sqlite3")},
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"pool": {"min_size": 0, "max_size": env.integer("DATABASE_POOL", 10, low=1)}}
            if env.boolean("DATABASE_POOLED", False)
            else {},
        }
    raise env.EnvError("DATABASE_URL must start with sqlite:/// or postgresql://")
