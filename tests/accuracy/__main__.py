"""Measure and write docs/accuracy.md: `make accuracy`, or `python -m tests.accuracy [text] [audio] [prompts]`.

`--verbose` also shows the sentences of the tuning halves that went wrong. `--dry-run` leaves the page as it is.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable

from tests.accuracy import report


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all without")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        _set_up(folder)
        for part in options.parts or PARTS:
            PARTS[part](options)
    return 0


def _set_up(folder: str) -> None:
    """A fresh database with the shipped lexicon: what somebody changed in theirs is not what is measured."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        ENVIRONMENT="test",
        SECRET_KEY="only-for-tests-only-for-tests-only-for-tests",
        DATA_DIR=folder,
        DATABASE_URL=f"sqlite:///{folder}/db.sqlite3",
        ALLOW_FIXTURE_SPEECH="yes",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def text(options: argparse.Namespace) -> None:
    from tests.accuracy import text as measured
    from tests.accuracy.cases import SETS

    for name in SETS:
        print("\n".join(measured.describe(name, verbose=options.verbose)))
    _publish(options, "text", measured.HEAD, list(measured.rows()))


def audio(options: argparse.Namespace) -> None:
    from tests.accuracy import audio as measured

    _publish(options, "audio", measured.HEAD, list(measured.rows()), measured.NOTE)


def prompts(options: argparse.Namespace) -> None:
    from tests.accuracy import prompts as measured

    _publish(options, "prompts", measured.HEAD, list(measured.rows()), measured.NOTE)
    _publish(options, "noises", measured.NOISE_HEAD, list(measured.noise_rows()))


def words(options: argparse.Namespace) -> None:
    from tests.accuracy import words as measured

    _publish(options, "words", measured.HEAD, list(measured.rows()))


def tone(options: argparse.Namespace) -> None:
    from tests.accuracy import tone as measured

    _publish(options, "tone", measured.HEAD, list(measured.rows()))


def knowledge(options: argparse.Namespace) -> None:
    from tests.accuracy import knowledge as measured

    if options.verbose:
        for language in measured.LANGUAGES:
            print("\n".join(measured.failures(language)))
    _publish(options, "knowledge", measured.HEAD, list(measured.rows()))


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "text": text,
    "audio": audio,
    "prompts": prompts,
    "words": words,
    "tone": tone,
    "knowledge": knowledge,
}


def _publish(
    options: argparse.Namespace, part: str, head: report.Row, rows: list[report.Row], note: str = ""
) -> None:
    print("\n".join(" | ".join(row) for row in (head, *rows)), flush=True)
    if not options.dry_run:
        report.write(part, f"python -m tests.accuracy {_command(part)}", head, rows, note)


def _command(part: str) -> str:
    return "prompts" if part == "noises" else part


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
