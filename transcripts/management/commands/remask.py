"""`manage.py remask`: mask all stored transcripts by the rules as they are now, and wait for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from transcripts.actions.remask import run_remask
from transcripts.models import Remask


class Command(BaseCommand):
    help = "Mask all stored transcripts and their sound by the rules as they are now."

    def handle(self, *_args: Any, **_options: Any) -> None:
        run = Remask.objects.ask()
        while run_remask():
            pass
        run.refresh_from_db()
        if run.finished_at is None:
            raise CommandError("Another run is under way; this one follows it.")
        self.stdout.write(f"{run.done} utterances looked at, {run.changed} changed.")
