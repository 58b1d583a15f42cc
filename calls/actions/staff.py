"""Who works where: hiring an agent into a team and a queue, and forgetting one who has left."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Role, Team, User
from calls.actions import rooms
from calls.actions.offers import withdraw_offers_of
from calls.actions.presence import tell_presence
from calls.models import (
    AgentStatus,
    CallEvent,
    DeskSession,
    Membership,
    Message,
    Participant,
    Participation,
    PresenceLease,
    Queue,
    QueueMembership,
    ReadMark,
    Room,
)
from calls.models.room import MemberRole

NAMING = ("peer-joined", "call-state", "listening")
"""Events that name people of the house."""


@transaction.atomic
def hire(
    username: str,
    password: str,
    *,
    name: str,
    role: Role = Role.AGENT,
    team: Team | None = None,
    queues: tuple[Queue, ...] = (),
    alias: str = "",
    department: str = "",
) -> User:
    """A new member of staff, serving `queues`. Raises IntegrityError when the log-in name is taken."""
    user = User.objects.create_user(
        username, password, name=name, role=role, alias=alias, department=department
    )
    if team is not None:
        user.teams.add(team)
    for queue in queues:
        QueueMembership.objects.create(queue=queue, agent=user)
    return user


@transaction.atomic
def forget(user: User) -> None:
    """After a withdrawal: no desk, no queue, and no name in past calls or in what was told to their pages."""
    DeskSession.objects.filter(user=user).delete()
    AgentStatus.objects.filter(agent=user).delete()
    withdraw_offers_of(user.pk)
    tell_presence(user)
    user.queue_memberships.all().delete()
    _forget_events(user)
    Participant.objects.filter(user=user).update(name=user.name)
    _forget_rooms(user)


def _forget_rooms(user: User) -> None:
    """What was said stays, without the name; a room whose host has left gets the member of longest standing as host."""
    rooms.leave_everywhere(user)
    PresenceLease.objects.filter(user=user).delete()
    hosted = list(Room.objects.filter(memberships__user=user, memberships__role=MemberRole.HOST))
    Membership.everyone.filter(user=user).delete()
    for room in hosted:
        if not Membership.objects.filter(room=room, role=MemberRole.HOST).exists():
            heir = Membership.objects.filter(room=room).order_by("created_at", "pk").first()
            if heir is not None:
                Membership.objects.filter(pk=heir.pk).update(role=MemberRole.HOST)
    Participation.objects.filter(user=user).update(name=user.name)
    Message.objects.filter(author=f"user:{user.pk}").update(author_name=user.name)
    ReadMark.objects.filter(reader=f"user:{user.pk}").update(name=user.name)


def _forget_events(user: User) -> None:
    """Events are replayed to a customer whose link still works: they name the agent too."""
    for place in Participant.objects.filter(user=user):
        for event in CallEvent.objects.filter(call_id=place.call_id, type__in=NAMING):
            if _without_name(event.payload, place, user.name):
                event.save(update_fields=["payload"])


def _without_name(payload: dict[str, Any], place: Participant, substitute: str) -> bool:
    """Change the payload; False when it does not name the person. Of several agents only this one is forgotten."""
    peer_id, agent = str(place.pk), payload.get("agent")
    named = [one for one in (payload, *payload.get("listeners", ())) if one.get("peerId") == peer_id]
    for one in named:
        one["name"] = substitute
    if isinstance(agent, dict) and agent["name"] == place.name:
        payload["agent"] = {"name": substitute, "department": ""}
        return True
    return bool(named)
