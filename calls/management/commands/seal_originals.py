"""`manage.py seal_originals`: encrypt recordings that were made before there was a vault."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from calls.actions.sealing import seal_everything


class Command(BaseCommand):
    help = "Encrypt every recording of ended calls that still lies there plain. Safe to stop and to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = 0
        for count in seal_everything():
            done += count
        self.stdout.write(f"{done} files sealed")
