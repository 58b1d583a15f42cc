"""The long browser tests; then round after round of simulated calls through a running system, watching each process for leaks.

`python -m tests.bench.soak --minutes 30 --calls 4 --seconds 20`: after the first two rounds (models, pools and caches fill)
memory may grow by 15 % and open files by 10; more is a leak, and the exit code is 1. So is any failed call.

`--calls-only` leaves the browser tests out. `--pages 10`: instead of all, one voice room of real pages (voice_room.py).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from config import test_all
from tests.bench import voice_room
from tests.services import ServiceError
from tests.stack import Stack

WARM_UP = 2
MEMORY_GROWTH = 1.15
FILE_GROWTH = 10
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Reading:
    """One process at one moment: resident memory in MB, open files."""

    memory: float
    files: int

    @classmethod
    def of(cls, pid: int) -> Reading:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return cls(pages * PAGE / 1e6, len(list(Path(f"/proc/{pid}/fd").iterdir())))

    def leaks_since(self, first: Reading) -> bool:
        return self.memory > first.memory * MEMORY_GROWTH or self.files > first.files + FILE_GROWTH


def main() -> int:
    options = _options()
    if not (options.pages or options.calls_only) and (failed := test_all.main(["long"])):
        return failed
    # What the environment of a developer says must not reach the system under test.
    os.environ.update(ENVIRONMENT="test", SECRET_KEY="only-for-the-soak-" * 3, ALLOW_FIXTURE_SPEECH="yes")
    with tempfile.TemporaryDirectory(prefix="cc-soak-") as folder:
        stack = Stack(Path(folder), {}).start()
        try:
            if options.pages:
                return voice_room.run(stack, Path(folder), options.pages)
            return soak(stack, options)
        finally:
            stack.stop()


def soak(stack: Stack, options: argparse.Namespace) -> int:
    """Rounds until the time is over. 1 when a call failed or a process grew."""
    end = time.monotonic() + options.minutes * 60
    calls = (
        "--calls",
        str(options.calls),
        "--at-once",
        str(options.calls),
        "--seconds",
        str(options.seconds),
    )
    history: list[dict[str, Reading]] = []
    while time.monotonic() < end or len(history) <= WARM_UP:
        try:
            stack.manage("simulate_calls", *calls)
        except ServiceError as error:
            print(error)
            return 1
        history.append({name: Reading.of(process.popen.pid) for name, process in stack.processes.items()})
        _print_round(len(history), history[-1])
    return judge(history)


def judge(history: list[dict[str, Reading]]) -> int:
    first, last = history[WARM_UP], history[-1]
    leaking = [name for name in first if last[name].leaks_since(first[name])]
    print(f"leaking: {', '.join(leaking)}" if leaking else f"{len(history)} rounds, nothing grew")
    return 1 if leaking else 0


def _print_round(number: int, readings: dict[str, Reading]) -> None:
    told = "  ".join(f"{name} {each.memory:.0f} MB {each.files} files" for name, each in readings.items())
    print(f"round {number}: {told}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--calls", type=int, default=4, help="calls per round, all at once")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of a call's sound")
    parser.add_argument("--calls-only", action="store_true", help="without the long browser tests")
    parser.add_argument("--pages", type=int, help="instead: one voice room with so many real pages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
