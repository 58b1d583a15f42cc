"""Settings from the environment, with loud failure.

Every reader names the variable and what it should have been; a broken value stops the start with one clear line instead
of a traceback an hour later.
"""

from __future__ import annotations

import os
from pathlib import Path


class EnvError(Exception):
    """A variable is missing or unreadable. The text is one line for the person who starts the system."""


TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def load_dotenv(path: Path) -> None:
    """Read `KEY=value` lines into the environment; variables that are already set win.

    Raises EnvError with the line number for a line that is neither blank, a comment nor an assignment.
    """
    if not path.exists():
        return
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        key, separator, value = line.removeprefix("export ").partition("=")
        if not separator or not key.strip().isidentifier():
            raise EnvError(f"{path.name} line {number}: expected NAME=value")
        os.environ.setdefault(key.strip(), value.strip().strip("\"'"))


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise EnvError(f"{name} is not set")
    return value


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    lowered = value.strip().lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise EnvError(f"{name} must be yes or no, not {value!r}")


def integer(name: str, default: int, *, low: int | None = None, high: int | None = None) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise EnvError(f"{name} must be a whole number, not {value!r}") from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise EnvError(f"{name} must be between {low} and {high}, not {number}")
    return number


def amount(name: str, default: float = 0.0) -> float:
    """A number that is not negative."""
    raw = os.environ.get(name, "")
    try:
        value = float(raw) if raw else default
    except ValueError as error:
        raise EnvError(f"{name} must be a number, got {raw!r}") from error
    if not 0 <= value < float("inf"):
        raise EnvError(f"{name} must not be negative")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Comma- or space-separated words."""
    return [word for word in os.environ.get(name, default).replace(",", " ").split() if word]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in allowed:
        raise EnvError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value
