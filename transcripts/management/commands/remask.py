"""`manage.py remask`: mask everything that was written down anew, by the rules of now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from transcripts.actions import remask
from transcripts.models import Remask


class Command(BaseCommand):
    help = "Mask all stored transcripts and their sound anew, after the lexicon or a policy has changed."

    def handle(self, *_args: Any, **_options: Any) -> None:
        run = remask.request()
        self.stdout.write(f"masking run {run.pk}")
        remask.run(run.pk, self._tell)

    def _tell(self, run: Remask) -> None:
        self.stdout.write(f"{run.done} of {run.total} utterances, {run.changed} changed")
