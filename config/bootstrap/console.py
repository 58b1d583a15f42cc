"""What a person sees while set-up works, and what they see when it cannot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STILL_EVERY = 10.0  # seconds between signs of life of a long step
TAIL_LINES = 25

NO_NETWORK = re.compile(
    r"name resolution|Could not resolve|getaddrinfo|ENOTFOUND|EAI_AGAIN|ENETUNREACH|dns error|"
    r"Network is unreachable|error sending request|ETIMEDOUT|ECONNREFUSED|Connection refused",
    re.IGNORECASE,
)


class SetupError(Exception):
    """Set-up cannot go on. The text is one line that says what to do."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(label: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path) -> str:
    """Run a quiet step and return its output.

    Raises SetupError with one line; the end of the output goes before it, unless the line says all.
    """
    with _signs_of_life(label):
        try:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=cwd,
                env=dict(env or os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise SetupError(f"{label}: cannot start {command[0]}: {error.strerror}") from None
    if done.returncode:
        raise explain(label, done.stdout)
    return done.stdout


def explain(label: str, output: str) -> SetupError:
    """The one line for a failed step."""
    lines = output.strip().splitlines()
    if lines and lines[-1].startswith("configuration: "):
        return SetupError(lines[-1])
    for line in lines[-TAIL_LINES:]:
        say(f"    {line}")
    if NO_NETWORK.search(output):
        return SetupError(f"{label}: no network; connect and run the same command again")
    return SetupError(f"{label} failed; the lines above say why")


@contextmanager
def _signs_of_life(label: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"  {label} ...")
    done = threading.Event()
    watcher = threading.Thread(target=_still, args=(label, started, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    say(f"  {label}: {time.monotonic() - started:.1f} s")


def _still(label: str, started: float, done: threading.Event) -> None:
    while not done.wait(STILL_EVERY):
        say(f"  {label} ... {time.monotonic() - started:.0f} s")
