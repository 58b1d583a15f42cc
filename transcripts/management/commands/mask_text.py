"""`manage.py mask_text [--json] [--queue NAME_OR_ID]`: what the masking makes of each line of standard input."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from calls.models import Queue
from transcripts.masking.mask import MaskedText
from transcripts.vocabulary import rules

MOST_DIGITS = 18


class Command(BaseCommand):
    help = "Mask each line of standard input; with --json one object per line: text, masked, spans (in the text as given)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object per line")
        parser.add_argument("--queue", metavar="NAME_OR_ID", help="by the rules of this queue")

    def handle(self, *_args: Any, **options: Any) -> None:
        by = rules(_queue_id(options["queue"]) if options["queue"] else None)
        for line in _lines():
            hidden = by.mask(line)
            self.stdout.write(_as_json(line, hidden) if options["json"] else hidden.text)


def _queue_id(wanted: str) -> int:
    queue = Queue.objects.filter(Q(name=wanted) | Q(name_en=wanted)).first()
    if queue is None and wanted.isdecimal() and len(wanted) < MOST_DIGITS:
        queue = Queue.objects.filter(pk=int(wanted)).first()
    if queue is None:
        raise CommandError(f"There is no queue {wanted}.")
    return queue.pk


def _lines() -> Iterator[str]:
    return (line.rstrip("\r\n") for line in sys.stdin)


def _as_json(text: str, hidden: MaskedText) -> str:
    spans = [
        {
            "start": mask.source.start,
            "end": mask.source.end,
            "kind": mask.kind,
            "severity": mask.severity,
        }
        for mask in hidden.masks
    ]
    return json.dumps({"text": text, "masked": hidden.text, "spans": spans}, ensure_ascii=False)
