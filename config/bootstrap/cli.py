"""The commands behind the Makefile: each makes ready what it needs, then hands over."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import frontend, project, python, system
from .console import SetupError, say
from .places import FRONTEND, PYTHON, ROOT, STATIC, VENV, venv_environment


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    command = COMMANDS.get(name)
    if command is None:
        sys.stderr.write(f"setup: unknown command {name!r}; one of: {' '.join(COMMANDS)}\n")
        return 2
    try:
        command(arguments[1:])
    except SetupError as failure:
        sys.stderr.write(f"setup: {failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: stopped\n")
        return 130
    return 0


def setup(_arguments: list[str]) -> None:
    started = time.monotonic()
    prepare(dev=False)
    say(f"ready ({time.monotonic() - started:.1f} s); start it with: make run")


def prepare(*, dev: bool) -> None:
    """Everything that the system itself needs, each step skipped when it is done already."""
    python.install(dev=dev)
    frontend.build()
    project.compile_messages()
    project.compile_media_server()
    project.prepare_database()


def run(arguments: list[str]) -> None:
    prepare(dev=False)
    hand_over("-m", "config.supervisor", "--prepared", *arguments)


def test(arguments: list[str]) -> None:
    prepare(dev=True)
    system.install_test_parts()
    hand_over("-m", "config.test_all", *arguments)


def check(_arguments: list[str]) -> None:
    prepare(dev=True)
    hand_over("-m", "config.test_all", "check")


def fix(_arguments: list[str]) -> None:
    python.install(dev=True)
    hand_over("-m", "config.test_all", "fix")


def bench(arguments: list[str]) -> None:
    prepare(dev=True)
    system.install_test_parts()
    hand_over("-m", "tests.bench", *arguments)


def accuracy(arguments: list[str]) -> None:
    prepare(dev=True)
    system.install_test_parts()
    hand_over("-m", "tests.accuracy", *arguments)


def soak(arguments: list[str]) -> None:
    prepare(dev=True)
    system.install_test_parts()
    hand_over("-m", "tests.bench.soak", *arguments)


def demo(arguments: list[str]) -> None:
    prepare(dev=False)
    hand_over("manage.py", "demo", *arguments)


def coverage_map(_arguments: list[str]) -> None:
    python.install(dev=True)
    hand_over("-m", "tests.coverage_map")


def messages(_arguments: list[str]) -> None:
    python.install(dev=True)
    hand_over("-m", "config.messages", "update")


def clean(_arguments: list[str]) -> None:
    """Everything that set-up made. Calls, recordings and the database under var/ stay."""
    if VENV.is_symlink():
        say("  .venv is a link: left alone")
    else:
        _remove(VENV)
    for made in MADE:
        _remove(made)
    say("cleaned; calls and recordings under var/ are kept")


def hand_over(*arguments: str) -> None:
    """Become the virtual environment's Python, so that signals and the exit code are the command's own."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), *arguments], venv_environment())  # noqa: S606


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
        say(f"  removed {path.relative_to(ROOT)}")


MADE = (
    FRONTEND / "node_modules",
    STATIC / "vendor",
    STATIC / "css" / "build",
    ROOT / "var" / "setup",
    *(ROOT / f".{tool}_cache" for tool in ("mypy", "ruff", "pytest", "import_linter")),
    ROOT / ".hypothesis",
)

COMMANDS: dict[str, Callable[[list[str]], None]] = {
    "setup": setup,
    "run": run,
    "test": test,
    "check": check,
    "fix": fix,
    "accuracy": accuracy,
    "bench": bench,
    "soak": soak,
    "demo": demo,
    "coverage-map": coverage_map,
    "messages": messages,
    "clean": clean,
}
