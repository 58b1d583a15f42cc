"""`manage.py create_place NAME --queue NAME --team NAME`: a new place, its link and its QR code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Team
from calls import qr
from calls.models import Place, Queue


class Command(BaseCommand):
    help = "Create a place (what one QR code stands for) and print its link and QR code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--name-en", default="", help="the English name")
        parser.add_argument("--location", default="", help="where the poster hangs")
        parser.add_argument("--location-en", default="")
        parser.add_argument("--hours", default="", help="opening hours, as text")
        parser.add_argument("--hours-en", default="")
        parser.add_argument("--phone", default="")
        parser.add_argument("--queue", help="where its calls wait (default: a queue of the same name)")
        parser.add_argument("--team", help="needed when the queue is new")
        parser.add_argument("--topic", action="append", default=[], metavar="KO=EN", help="may be repeated")
        parser.add_argument("--default", action="store_true", help="calls by the API without a receiver")

    def handle(self, *_args: Any, **options: Any) -> None:
        queue = self._queue(options["queue"] or options["name"], options["team"])
        texts = {
            key: options[key]
            for key in ("name", "name_en", "location", "location_en", "hours", "hours_en", "phone")
        }
        topics = [_topic(text) for text in options["topic"]]
        place = Place.objects.create(queue=queue, topics=topics, is_default=options["default"], **texts)
        self.stdout.write(qr.terminal(place.public_url()))
        self.stdout.write(place.public_url())

    def _queue(self, name: str, team: str | None) -> Queue:
        queue = Queue.objects.filter(name=name).first()
        if queue is not None:
            return queue
        if not team:
            raise CommandError(f"there is no queue {name}; say with --team who will serve it")
        return Queue.objects.create(name=name, team=Team.objects.get_or_create(name=team)[0])


def _topic(text: str) -> dict[str, str]:
    korean, _, english = text.partition("=")
    return {"ko": korean.strip(), "en": english.strip()}
