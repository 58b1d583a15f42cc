"""`manage.py rotate_keys`: seal every recording anew under the first of RECORDING_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.actions.sealing import rotate, sealed_files
from calls.vault import UnknownKey


class Command(BaseCommand):
    help = (
        "Seal every recording anew under the first key. Afterwards the old keys may be dropped. Safe to stop and "
        "to repeat: files that are done are passed over."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        total, changed = len(sealed_files()), 0
        try:
            for number, was_changed in enumerate(rotate(), start=1):
                changed += was_changed
                if number % 100 == 0 or number == total:
                    self.stdout.write(f"{number} / {total}")
        except UnknownKey as error:
            raise CommandError(f"a recording is {error}. Nothing was lost.") from error
        self.stdout.write(f"{changed} of {total} files sealed anew")
