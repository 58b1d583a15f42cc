"""What pages are told of a room: its state to who enters, and what changes to who is in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from calls import events
from calls.access import RoomParty
from calls.actions.calls import unix_ms
from calls.models import Membership, Participation, Room, RoomSession
from calls.models.room import MemberRole


def room_state(party: RoomParty) -> dict[str, Any]:
    """What a page gets that has entered; the chat's part is added by who asks."""
    session = RoomSession.objects.get(pk=party.participation.session_id)
    room = Room.objects.get(pk=party.room.pk)
    return {
        "roomId": str(room.pk),
        "peerId": str(party.participation.pk),
        "kind": room.kind,
        "name": room.name,
        "role": MemberRole.HOST.value if party.is_host else MemberRole.MEMBER.value,
        "locked": room.locked,
        "permissions": room.permissions,
        "plan": session.plan,
        "sessionId": str(session.pk),
        "startedAt": unix_ms(session.started_at),
        "members": people(session),
    }


def people(session: RoomSession) -> list[dict[str, Any]]:
    """Who is in, in the order of coming. Two queries, however many."""
    hosts = set(
        Membership.objects.filter(room=session.room_id, role=MemberRole.HOST).values_list(
            "user_id", flat=True
        )
    )
    return [person(each, host=each.user_id in hosts) for each in session.participations.present()]


def person(who: Participation, *, host: bool) -> dict[str, Any]:
    return {
        "peerId": str(who.pk),
        "userId": who.user_id,
        "name": who.name,
        "role": MemberRole.HOST.value if host else MemberRole.MEMBER.value,
        "muted": who.muted,
        "videoOff": who.video_off,
        "sharing": who.sharing,
        "handRaisedAt": unix_ms(who.hand_raised_at),
        "connected": who.connected,
    }


def tell(room: Room, kind: str, *, besides: Participation | None = None, **fields: Any) -> None:
    message = {"type": kind, "roomId": str(room.pk), **fields}
    events.relay(room.pk, message, skip=str(besides.pk) if besides else None)
    events.wake(events.TEAM_BOARD, {"type": "board.wake"})


def tell_members(room: Room, session: RoomSession, by: User, only: Iterable[int] | None = None) -> None:
    """Pages of members that watch the presence: a meeting goes on. Of all members, or of those who were just invited."""
    message = {"type": "meeting-started", "roomId": str(room.pk), "name": room.name, "by": by.name}
    message |= {"sessionId": str(session.pk)}
    members = set(_members(room) if only is None else only)
    for user_id in members - {by.pk}:
        events.wake(events.person_group(user_id), {"type": "person.notice", "message": message})


def _members(room: Room) -> set[int]:
    members = set(Membership.objects.filter(room=room).values_list("user_id", flat=True))
    return members | (set(room.team.members.values_list("pk", flat=True)) if room.team else set())
