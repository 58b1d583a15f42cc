"""Who is there: leases of open pages, over tabs and devices; told to those who share a team."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from calls import events
from calls.actions.calls import unix_ms
from calls.models import AgentStatus, DeskSession, Participant, Participation, PresenceLease
from calls.models.agents import AgentState
from calls.states import ACTIVE


class Presence(StrEnum):
    ONLINE = "online"
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"


def open_lease(user: User) -> PresenceLease:
    lease = PresenceLease.objects.create(user=user, expires_at=_expiry())
    tell_status(user)
    return lease


def renew_leases(lease_ids: Collection[uuid.UUID], heard_at: datetime) -> set[uuid.UUID]:
    """The pages were heard then. Returns those whose lease is there still, and whose account is."""
    leases = PresenceLease.objects.filter(pk__in=lease_ids, user__is_active=True)
    if leases.update(expires_at=_expiry(heard_at)) == len(lease_ids):
        return set(lease_ids)
    return set(leases.values_list("pk", flat=True))


def set_away(lease_id: uuid.UUID, *, away: bool) -> None:
    lease = PresenceLease.objects.filter(pk=lease_id).exclude(away=away).select_related("user").first()
    if lease is not None and PresenceLease.objects.filter(pk=lease_id, away=not away).update(
        away=away, since=timezone.now()
    ):
        tell_status(lease.user)


def close_lease(lease_id: uuid.UUID) -> None:
    lease = PresenceLease.objects.filter(pk=lease_id).select_related("user").first()
    if lease is not None and PresenceLease.objects.filter(pk=lease_id).delete()[0]:
        tell_status(lease.user)


def sweep() -> int:
    """Pages that died without a word."""
    gone = list(PresenceLease.objects.filter(expires_at__lte=timezone.now()).select_related("user")[:500])
    for lease in gone:
        close_lease(lease.pk)
    return len(gone)


def tell_status(user: User) -> None:
    """Pages that show the user's team look again."""
    for team_id in user.teams.values_list("pk", flat=True):
        events.wake(events.team_group(team_id), {"type": "team.wake"})


def people_payload(user: User) -> list[dict[str, Any]]:
    """Everybody who shares a team with `user`, and how they are. The same few queries, however many."""
    sharing = User.objects.get_queryset().active().filter(teams__in=user.teams.all()).distinct()
    mates = sharing.exclude(pk=user.pk).order_by("name", "pk")
    now = timezone.now()
    known = _Known(now)
    return [
        {
            "userId": mate.pk,
            "name": mate.name,
            "status": known.status(mate.pk).value,
            "since": known.since(mate.pk),
        }
        for mate in mates
    ]


class _Known:
    """What the tables say of everybody at one moment."""

    def __init__(self, now: datetime) -> None:
        in_calls = Participant.objects.present().filter(user__isnull=False, call__status__in=ACTIVE)
        in_rooms = Participation.objects.present().filter(user__isnull=False, session__ended_at=None)
        self._busy = dict(in_rooms.values_list("user_id", "joined_at")) | dict(
            in_calls.values_list("user_id", "joined_at")
        )
        self._awake: dict[int, datetime] = {}
        self._away: dict[int, datetime] = {}
        leases = PresenceLease.objects.filter(expires_at__gt=now)
        for user_id, away, since in leases.values_list("user_id", "away", "since"):
            (self._away if away else self._awake)[user_id] = since
        at_desk = dict(DeskSession.objects.live().values_list("user_id", "opened_at"))
        resting = set(AgentStatus.objects.filter(state=AgentState.AWAY).values_list("agent_id", flat=True))
        for user_id, since in at_desk.items():
            (self._away if user_id in resting else self._awake).setdefault(user_id, since)

    def status(self, user_id: int) -> Presence:
        if user_id in self._busy:
            return Presence.BUSY
        if user_id in self._awake:
            return Presence.ONLINE
        return Presence.AWAY if user_id in self._away else Presence.OFFLINE

    def since(self, user_id: int) -> int | None:
        for known in (self._busy, self._awake, self._away):
            if user_id in known:
                return unix_ms(known[user_id])
        return None


def _expiry(heard_at: datetime | None = None) -> datetime:
    return (heard_at or timezone.now()) + timedelta(seconds=settings.DESK_LEASE_SECONDS)
