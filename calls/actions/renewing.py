"""Leases of many pages renewed together, and what many pages must be told together: one statement for each kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from django.db.models import Max

from accounts.models import User
from calls.access import may_stay
from calls.actions import presence, presence_leases, rooms
from calls.models import CallEvent

LoginKey = tuple[int, str]
"""Id and hashed password of a user."""


class Kind(Enum):
    """What a page can hold by its pings."""

    PLACE = auto()
    """In a room; the id is the participation's."""
    PARTY = auto()
    """In a call; the participant's."""
    DESK = auto()
    PRESENCE = auto()


Lease = tuple[Kind, uuid.UUID]
RENEW: dict[Kind, Callable[[Collection[uuid.UUID], datetime], set[uuid.UUID]]] = {
    Kind.PLACE: rooms.renew,
    Kind.PARTY: presence.renew_parties,
    Kind.DESK: presence.renew_desks,
    Kind.PRESENCE: presence_leases.renew_leases,
}


def renew(leases: Iterable[Lease], heard_at: datetime) -> set[Lease]:
    """Pages were heard then, or later. Returns the leases that are lost: run out and cleared, or without a right to them."""
    held: dict[Kind, set[uuid.UUID]] = {}
    for kind, key in leases:
        held.setdefault(kind, set()).add(key)
    return {(kind, key) for kind, keys in held.items() for key in keys - RENEW[kind](keys, heard_at)}


@dataclass
class Asked:
    """Of what many pages it is to be proved that it still holds, and what they may have missed."""

    logins: set[LoginKey] = field(default_factory=set)
    places: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    """Participation -> its room."""
    calls: set[uuid.UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Found:
    """What of it holds no more, and the number of each call's last event."""

    logins: Collection[LoginKey]
    places: Collection[uuid.UUID]
    events: Mapping[uuid.UUID, int]


def prove(asked: Asked) -> Found:
    """Also takes out of rooms who has not been heard of, as beat does: pages must not depend on it."""
    if asked.places:
        rooms.sweep(set(asked.places.values()))
    return Found(
        logins=asked.logins - _unchanged(asked.logins) if asked.logins else set(),
        places=asked.places.keys() - may_stay(asked.places) if asked.places else set(),
        events=_last_events(asked.calls) if asked.calls else {},
    )


def _unchanged(logins: Collection[LoginKey]) -> set[LoginKey]:
    """Accounts that live, with the password of the log-in."""
    living = User.objects.filter(pk__in={user_id for user_id, _password in logins}, is_active=True)
    return set(living.values_list("pk", "password"))


def _last_events(calls: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    events = CallEvent.objects.filter(call__in=calls).order_by().values_list("call")
    return dict(events.annotate(Max("seq")))
