"""Every check and test of the house, with one plain summary.

The steps run one after the other; only the browser tests, which often wait, have company: what needs the processor alone
(checks, unit, model and database tests) runs beside them at low priority, its output shown when each step is over. Pages
that send pictures come last and alone: a starved encoder sends smaller pictures, as it should. The long ones, crowds of pages
and second looks, are `make soak`'s.

`python -m config.test_all`            everything: what `make test` and continuous integration run
`python -m config.test_all check`      the checks without tests
`python -m config.test_all unit wire`  some kinds of tests only (unit, db, wire, postgres, media, model, e2e, crowd, long)
`python -m config.test_all fix`        repair what ruff can repair
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Self

from config.bootstrap.console import SetupError
from config.bootstrap.frontend import find_node
from config.bootstrap.places import venv_environment

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PACKAGES = ("config", "accounts", "calls", "transcripts", "dashboard")
STEP_LIMIT = 1500.0  # seconds; a hanging step must not hang continuous integration
PATIENCE = 15
"""How nice the steps beside the browser tests are, of 19."""
WORKERS = str(min(os.cpu_count() or 1, 4))
SPREAD = ("-n", WORKERS)


@dataclass(frozen=True)
class Step:
    """One command. `needs_postgres` gives it a database server of its own."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_postgres: bool = False


@dataclass(frozen=True)
class Outcome:
    step: Step
    code: int
    seconds: float

    def __str__(self) -> str:
        verdict = "ok    " if self.code == 0 else "FAILED"
        return f"  {verdict}  {self.step.name:<22} {self.seconds:6.1f} s"


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers started for a step end with it
    if arguments == ["fix"]:
        return summary([perform(step) for step in fixes()])
    if not arguments:
        return summary(everything())
    try:
        steps = list(chosen(arguments))
    except (KeyError, SetupError) as error:
        sys.stderr.write(f"{error}\n{__doc__}\n")
        return 2
    return summary([perform(step) for step in steps])


def everything() -> list[Outcome]:
    """All over copies of one migrated database: migrating takes eight seconds of a processor, in a dozen processes."""
    from tests.migrated import VARIABLE

    with TemporaryDirectory(prefix="cc-migrated-") as folder:
        file = f"{folder}/db.sqlite3"
        migrated = perform(migrate(folder, f"sqlite:///{file}"))
        if migrated.code:
            return [migrated]
        os.environ[VARIABLE] = file
        return [migrated, *_everything()]


def _everything() -> list[Outcome]:
    kinds = tests()
    first = [perform(kinds[name]) for name in ("postgres", "wire", "media")]
    # Together, because every process that begins reads all tests first. What needs one core goes first: two are free later.
    together = _pytest("unit, and db, SQLite", "unit or db", *SPREAD)
    beside = [*checks(), kinds["model"], together]
    with Company(beside) as company:
        e2e = perform(kinds["e2e"])
        outcomes = [*company.outcomes(), *first, e2e]
    return [*outcomes, perform(kinds["crowd"])]


class Company:
    """Steps that run in a thread while the main one goes on; leaving early ends the one that runs."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._pool = ThreadPoolExecutor(1)
        self._left = threading.Event()

    def __enter__(self) -> Self:
        self._future = self._pool.submit(self._perform)
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._pool.shutdown()

    def outcomes(self) -> list[Outcome]:
        return self._future.result()

    def _perform(self) -> list[Outcome]:
        return [perform(step, left=self._left) for step in self._steps if not self._left.is_set()]


def chosen(arguments: Sequence[str]) -> Iterator[Step]:
    """The named kinds. Raises KeyError for a name that is none."""
    kinds = tests()
    for name in arguments:
        if name == "check":
            yield from checks()
        else:
            yield kinds[name]


def checks() -> list[Step]:
    node = find_node()
    frontend = str(ROOT / "config" / "frontend")
    return [
        Step("lint", [PYTHON, "-m", "ruff", "check", "."]),
        Step("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("import rule", [str(Path(PYTHON).parent / "lint-imports"), "--no-cache"]),
        Step("types", [PYTHON, "-m", "mypy", *PACKAGES]),
        Step(
            "migrations",
            [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
            {"ENVIRONMENT": "test"},
        ),
        Step("languages", [PYTHON, "-m", "config.messages", "check"]),
        Step(
            "JavaScript types",
            [str(node.node), f"{frontend}/node_modules/typescript/bin/tsc", "-p", frontend],
        ),
        Step("JavaScript tests", [str(node.node), "--test", *javascript_tests()]),
    ]


def migrate(folder: str, url: str) -> Step:
    command = [PYTHON, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    return Step(
        "migrated database", command, {"ENVIRONMENT": "test", "DATA_DIR": folder, "DATABASE_URL": url}
    )


def javascript_tests() -> list[str]:
    """By name: Node 20 knows no patterns, and later ones no folders."""
    return sorted(map(str, (ROOT / "tests" / "js").rglob("*.test.mjs"))) or ["tests/js holds no test"]


def tests() -> dict[str, Step]:
    return {
        "unit": _pytest("unit", "unit", *SPREAD),
        "db": _pytest("db, SQLite", "db", *SPREAD),
        "wire": _pytest("wire, SQLite", "wire", *SPREAD),
        # The server goes with the step: dropping its databases first only waits for idle connections.
        "postgres": _pytest(
            "db and wire, PostgreSQL",
            "(db or wire) and not one_database",
            *SPREAD,
            "--reuse-db",
            needs_postgres=True,
        ),
        # tests/conftest.py sees to it that these kinds have folders of their own: reading all others takes seconds.
        "media": _pytest("media", "media", "tests/media", *SPREAD),
        "model": _pytest("model", "model"),
        "e2e": _pytest("e2e", "e2e and not crowd and not long", "tests/e2e"),
        "crowd": _pytest("e2e, alone", "e2e and crowd and not long", "tests/e2e"),
        "long": _pytest("e2e, long ones", "e2e and long", "tests/e2e"),
    }


def fixes() -> list[Step]:
    return [
        Step("repair", [PYTHON, "-m", "ruff", "check", "--fix", "."]),
        Step("format", [PYTHON, "-m", "ruff", "format", "."]),
    ]


def perform(step: Step, *, left: threading.Event | None = None) -> Outcome:
    """Run a step. With `left` it leaves the processor to others, shows its output at the end, and ends when left."""
    if left is None:
        _say(f"\n== {step.name}")
    started = time.monotonic()
    with ExitStack() as stack:
        environment = venv_environment() | dict(step.environment)
        if step.needs_postgres and "TEST_DATABASE_URL" not in environment:
            from tests.services import PostgresServer

            environment["TEST_DATABASE_URL"] = stack.enter_context(PostgresServer.temporary()).url
        if left is not None:
            output = stack.enter_context(TemporaryFile())
            code = _run(["nice", "-n", str(PATIENCE), *step.command], environment, output, left)
            output.seek(0)
            _say(f"\n== {step.name} (beside the browsers)\n{output.read().decode(errors='replace')}")
        else:
            code = _run(step.command, environment)
    return Outcome(step, code, time.monotonic() - started)


def summary(outcomes: Sequence[Outcome]) -> int:
    _say("\n" + "=" * 60)
    for outcome in outcomes:
        _say(str(outcome))
    failed = [outcome.step.name for outcome in outcomes if outcome.code]
    _say(f"{len(failed)} of {len(outcomes)} failed: {', '.join(failed)}" if failed else "all good")
    return 1 if failed else 0


def _pytest(name: str, kinds: str, *options: str, needs_postgres: bool = False) -> Step:
    """pytest's own exit code for "no tests found" is a failure too: a kind that vanished proves nothing."""
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", kinds, *options]
    return Step(name, command, needs_postgres=needs_postgres)


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: IO[bytes] | None = None,
    left: threading.Event | None = None,
) -> int:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        start_new_session=True,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )
    deadline = time.monotonic() + STEP_LIMIT
    try:
        while (code := process.poll()) is None:
            if time.monotonic() > deadline or (left is not None and left.is_set()):
                _say(f"stopped after {STEP_LIMIT + time.monotonic() - deadline:.0f} s")
                return 1
            time.sleep(0.1)
        return code
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Also what the step left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
