"""What a first run shows: an office with two places, two rooms, and people to log in as. Running it again changes nothing."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Role, Team, User
from calls.actions.rooms import create_room
from calls.actions.staff import hire
from calls.models import Place, Queue, Room
from calls.models.room import RoomKind
from calls.signals import demo_seeded

TOPICS = [
    {"ko": "여권", "en": "Passport"},
    {"ko": "주민등록", "en": "Residency"},
    {"ko": "증명서", "en": "Certificates"},
    {"ko": "세금·납부", "en": "Taxes and payments"},
    {"ko": "복지·지원금", "en": "Welfare and support"},
    {"ko": "잘 모름", "en": "Not sure"},
]
HOURS = {"hours": "평일 09:00 – 18:00", "hours_en": "Weekdays 09:00 – 18:00", "phone": "02-000-0120"}


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    role: Role
    department: str = ""


PEOPLE = (
    Person("seoyeon.kim", "김서연", Role.AGENT, "민원여권과"),
    Person("haneul.lee", "이하늘", Role.AGENT, "민원여권과"),
    Person("jihoon.park", "박지훈", Role.SUPERVISOR, "민원여권과"),
    Person("admin", "관리자", Role.ADMIN),
)


def seed() -> dict[str, Any]:
    """Make what is missing and describe it: links, and each log-in with its password (read from DATA_DIR/demo.json)."""
    passwords = _passwords()
    with transaction.atomic():
        team = Team.objects.get_or_create(name="종합민원실")[0]
        queue, place = _office(team)
        people = [_person(person, team, queue, passwords[person.username]) for person in PEOPLE]
        _rooms(team, [user for user, _password in people])
    demo_seeded.send(sender=seed)
    return {
        "customer_url": place.public_url(),
        "desk_url": settings.PUBLIC_URL + reverse(settings.LOGIN_REDIRECT_URL),
        "overview_url": settings.PUBLIC_URL + reverse("dashboard:overview"),
        "admin_url": settings.PUBLIC_URL + reverse("admin:index"),
        "logins": [
            {"role": user.role, "username": user.username, "name": user.name, "password": password}
            for user, password in people
        ],
    }


def _office(team: Team) -> tuple[Queue, Place]:
    queue = Queue.objects.get_or_create(name="민원 상담", team=team, defaults={"name_en": "Civil affairs"})[0]
    place = Place.objects.filter(queue=queue, is_default=True).first() or Place.objects.create(
        name="종합민원실",
        name_en="Civil Affairs Office",
        location="1층 여권 창구 앞",
        location_en="1st floor, in front of the passport desk",
        queue=queue,
        topics=TOPICS,
        is_default=True,
        **HOURS,
    )
    if not Place.objects.filter(queue=queue, is_default=False).exists():
        Place.objects.create(
            name="주민센터 2층",
            name_en="Community centre, 2nd floor",
            location="2층 복지 창구",
            location_en="2nd floor, welfare desk",
            queue=queue,
            topics=TOPICS[3:],
            **HOURS,
        )
    return queue, place


def _rooms(team: Team, people: list[User]) -> None:
    """A voice room for the whole team, and a meeting that the supervisor hosts."""
    Room.objects.get_or_create(kind=RoomKind.VOICE, team=team, defaults={"name": "상담원 라운지"})
    host = next((user for user in people if user.role == Role.SUPERVISOR), None)
    if host and not Room.objects.filter(kind=RoomKind.MEETING, created_by=host).exists():
        create_room(host, RoomKind.MEETING, "아침 회의", members=[user.pk for user in team.members.all()])


def _person(person: Person, team: Team, queue: Queue, password: str) -> tuple[User, str]:
    """The user with the password that opens the account; an empty one when it has been changed since."""
    user = User.objects.filter(username=person.username).first()
    if user is not None:
        return user, password if user.check_password(password) else ""
    serves = (queue,) if person.role == Role.AGENT else ()
    belongs = team if person.role != Role.ADMIN else None
    made = hire(
        person.username,
        password,
        name=person.name,
        role=person.role,
        team=belongs,
        queues=serves,
        department=person.department,
    )
    return made, password


def _passwords() -> dict[str, str]:
    """Made on the first run and kept where only this account of the machine can read them."""
    path: Path = settings.DATA_DIR / "demo.json"
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = {person.username: secrets.token_urlsafe(9) for person in PEOPLE if person.username not in known}
    if missing:
        known |= missing
        _write_private(path, json.dumps(known, indent=2))
    return known


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    draft.replace(path)
