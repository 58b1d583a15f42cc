"""`manage.py create_agent USERNAME --name NAME [--role --team --queue --password-stdin]`."""

from __future__ import annotations

import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Role, Team, User
from calls.actions.staff import hire
from calls.models import Queue


class Command(BaseCommand):
    help = "Create a member of staff. Without --password-stdin a password is made and printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="the person's name")
        parser.add_argument("--role", choices=Role.values, default=Role.AGENT.value)
        parser.add_argument("--team", help="name of the team; made when there is none")
        parser.add_argument("--queue", action="append", default=[], help="a queue to serve; may be repeated")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from one line")

    def handle(self, *_args: Any, **options: Any) -> None:
        username = self._username(options["username"])
        queues = tuple(self._queue(name) for name in options["queue"])
        password = self._password(username) if options["password_stdin"] else secrets.token_urlsafe(12)
        team = Team.objects.get_or_create(name=options["team"])[0] if options["team"] else None
        hire(username, password, name=options["name"], role=Role(options["role"]), team=team, queues=queues)
        self.stdout.write(f"created {options['role']} {username}")
        if not options["password_stdin"]:
            self.stdout.write(f"password: {password}")

    def _username(self, username: str) -> str:
        try:
            User._meta.get_field("username").run_validators(username)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if User.objects.filter(username=username).exists():
            raise CommandError(f"there is a user {username} already")
        return username

    def _queue(self, name: str) -> Queue:
        queue = Queue.objects.filter(name=name).first()
        if queue is None:
            known = ", ".join(Queue.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"there is no queue {name} (queues: {known}); create_place makes one")
        return queue

    def _password(self, username: str) -> str:
        password = sys.stdin.readline().rstrip("\r\n")
        try:
            validate_password(password, User(username=username))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return password
