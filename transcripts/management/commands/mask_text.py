"""`manage.py mask_text [--json]`: what the masking makes of each line of standard input."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from transcripts.masking.mask import MaskedText
from transcripts.vocabulary import masked


class Command(BaseCommand):
    help = "Mask each line of standard input; with --json one object per line: text, masked, spans (in the text as given)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *_args: Any, **options: Any) -> None:
        for line in _lines():
            hidden = masked(line)
            self.stdout.write(_as_json(line, hidden) if options["json"] else hidden.text)


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
