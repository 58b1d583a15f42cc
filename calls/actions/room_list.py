"""The rooms of one member of staff, with who is in them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from calls.models import Membership, Message, Participation, ReadMark, Room, RoomSession
from calls.models.room import MemberRole, RoomKind

MOST = 200


@dataclass(frozen=True, slots=True)
class RoomRow:
    room: Room
    people: list[Participation]
    since: datetime | None
    """When the running session began; None while nobody is in."""
    is_host: bool
    unread: int

    @property
    def is_voice(self) -> bool:
        return self.room.kind == RoomKind.VOICE


def rooms_of(user: User) -> list[RoomRow]:
    """Those where somebody is in first. The same few queries, however many rooms."""
    rooms = list(_with_unread(user).prefetch_related(_running())[:MOST])
    hosted = Membership.objects.filter(user=user, role=MemberRole.HOST).values_list("room_id", flat=True)
    mine = set(hosted)
    rows = [_row(room, is_host=room.pk in mine) for room in rooms]
    return sorted(rows, key=lambda row: not row.people)


def _running() -> Prefetch[str, QuerySet[RoomSession], str]:
    here = Prefetch("participations", Participation.objects.present(), to_attr="here")
    running = RoomSession.objects.filter(ended_at=None).prefetch_related(here)
    return Prefetch("sessions", running, to_attr="running")


def _with_unread(user: User) -> QuerySet[Room]:
    me = f"user:{user.pk}"
    read = ReadMark.objects.filter(room=OuterRef("room"), reader=me).values("seq")
    unseen = (
        Message.objects.filter(room=OuterRef("pk"), seq__gt=Coalesce(Subquery(read), 0))
        .exclude(author=me)
        .order_by()
        .values("room")
        .annotate(n=Count("pk"))
        .values("n")
    )
    counted = Coalesce(Subquery(unseen, output_field=IntegerField()), 0)
    return Room.objects.of(user).annotate(unread=counted).order_by(F("name").asc(), "created_at")


def _row(room: Room, *, is_host: bool) -> RoomRow:
    session = next(iter(room.running), None)  # type: ignore[attr-defined] # prefetched above
    people = list(session.here) if session else []
    since = session.started_at if session and people else None
    return RoomRow(room, people, since, is_host, room.unread)  # type: ignore[attr-defined] # annotated above
