"""`manage.py seed_demo [--print]`: demo data for a first run."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls import demo


class Command(BaseCommand):
    help = "Create the demo office, its places and people, unless they are there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print", action="store_true", help="print links and log-ins as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("demo log-ins have no place in production; use create_agent and create_place")
        made = demo.seed()
        if options["print"]:
            self.stdout.write(json.dumps(made, ensure_ascii=False))
