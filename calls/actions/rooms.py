"""The life of a room's session: started, entered, left, and what its host may do."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import RoomParty, is_host, membership_of
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.actions.presence_leases import tell_status
from calls.models import Membership, Participation, QualitySample, Room, RoomSession
from calls.models.room import (
    MOST_PEOPLE,
    SWITCHES,
    MediaPlan,
    MemberRole,
    ParticipationQuerySet,
    RoomKind,
)

logger = logging.getLogger(__name__)

SILENT_SECONDS = 6
"""Pages renew every two seconds; one that has missed three is shown as reconnecting."""
MOST = 500
"""So many rows a sweep looks at; the next one goes on."""
PERMISSIONS = {"share": ("all", "host"), "chat": ("all", "host"), "unmute": ("all", "host")}


def create_room(
    user: User, kind: str, name: str, *, members: Iterable[int] = (), ip_allow: list[str] | None = None
) -> Room:
    """A meeting or a voice room with its members. Colleagues whom the user may not see are not found."""
    wanted = set(members) - {user.pk}
    mates = User.objects.get_queryset().active().visible_to(user).filter(pk__in=wanted)
    if mates.count() != len(wanted):
        raise ActionError("not_found", _("One of these colleagues does not exist."))
    with transaction.atomic():
        room = Room.objects.create(
            kind=kind,
            name=name,
            created_by=user,
            ip_allow=ip_allow or [],
            max_people=MOST_PEOPLE[RoomKind(kind)],
        )
        Membership.objects.create(room=room, user=user, role=MemberRole.HOST)
        Membership.objects.bulk_create(Membership(room=room, user=mate) for mate in mates)
    return room


def room_for(user: User, room_id: uuid.UUID) -> Room:
    """Raises ActionError("not_member"); whether the room exists at all is not told."""
    room = membership_of(user, room_id)
    if room is None:
        raise ActionError("not_member", _("You are not a member of this room."))
    return room


def check_address(room: Room, address: str) -> None:
    if not room.allows(address):
        raise ActionError("ip_refused", _("This room may not be entered from your network."))


def start(user: User, room: Room) -> tuple[RoomSession, bool]:
    """The running session, or a new one; whether it is new. Two who start at once get the same."""
    running = RoomSession.objects.filter(room=room, ended_at=None).first()
    if running is not None:
        return running, False
    try:
        with transaction.atomic():
            session = RoomSession.objects.create(room=room, started_by=user, plan=room.plan_for(1))
            _tell_members(room, session, user)
    except IntegrityError:
        return RoomSession.objects.get(room=room, ended_at=None), False
    logger.info("session started", extra={"room": room.pk, "session": session.pk, "user": user.pk})
    return session, True


def enter(user: User, room_id: uuid.UUID, address: str) -> RoomParty:
    """Take a place in the room's session, starting it if need be. Who comes back has the place of before.

    Raises ActionError: not_member, ip_refused, room_locked, room_full.
    """
    room = room_for(user, room_id)
    check_address(room, address)
    host = is_host(user, room)
    for _attempt in range(3):
        session, _new = start(user, room)
        participation = _take_place(user, room, session, host=host)
        if participation is not None:
            return RoomParty(room, participation, host)
    raise ActionError("wrong_state", _("The session has just ended. Please try again."))


def _take_place(user: User, room: Room, session: RoomSession, *, host: bool) -> Participation | None:
    """None when the session ended in between."""
    with transaction.atomic():
        if not RoomSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=None):
            return None  # the update also locks the row: places are taken one after the other
        mine = Participation.objects.filter(session=session, user=user).first()
        if mine is not None and mine.left_at is None:
            _hear(mine.pk)
            mine.session = session
            return mine
        if room.locked and not host:
            raise ActionError("room_locked", _("The host has locked this room."))
        if session.participations.present().count() >= room.max_people:
            raise ActionError("room_full", _("This room is full."))
        mine = _seat(user, session, mine)
        people = session.participations.present().count()
        tell_status(user)
        logger.info("entered room", extra={"room": room.pk, "peer": mine.pk, "user": user.pk})
        _tell(room, "user-joined", besides=mine, **person(mine, host=host))
        _widen(room, session, people)
    return mine


def _seat(user: User, session: RoomSession, mine: Participation | None) -> Participation:
    now = timezone.now()
    fresh = {
        "joined_at": now, "left_at": None, "lease_until": _lease(), "connected": True, "muted": False, "video_off": True,
        "video_off_since": now, "sharing": False,
    }  # fmt: skip
    if mine is None:
        return Participation.objects.create(session=session, user=user, name=user.name, **fresh)
    Participation.objects.filter(pk=mine.pk).update(**fresh)
    for name, value in fresh.items():
        setattr(mine, name, value)
    return mine


def _widen(room: Room, session: RoomSession, people: int) -> None:
    """One too many for everybody to send to everybody: all move to the media server."""
    if room.plan_for(people) is not MediaPlan.SFU:
        return
    if RoomSession.objects.filter(pk=session.pk, plan=MediaPlan.MESH).update(plan=MediaPlan.SFU):
        session.plan = MediaPlan.SFU
        _tell(room, "plan-changed", plan=MediaPlan.SFU.value)


def renew(peer_id: uuid.UUID) -> bool:
    """The page lives. False when it has no place any more."""
    return _hear(peer_id)


def _hear(peer_id: uuid.UUID) -> bool:
    """One statement, as long as nobody had missed this page."""
    here = Participation.objects.present().filter(pk=peer_id)
    if here.filter(connected=True).update(lease_until=_lease()):
        return True
    with transaction.atomic():
        if here.filter(connected=False).update(lease_until=_lease(), connected=True):
            _tell_sight(here.select_related("session").get(), "peer-reconnected")
            return True
    return here.exists()


def lost_sight(peer_id: uuid.UUID) -> None:
    """The socket is gone. The place is kept until the lease runs out; the others are told at once."""
    _miss(Participation.objects.present().filter(pk=peer_id), lease_until=_lease())


def _miss(here: ParticipationQuerySet, **fields: Any) -> None:
    with transaction.atomic():
        who = here.select_related("session").first()
        if who is not None and here.filter(connected=True).update(connected=False, **fields):
            _tell_sight(who, "peer-disconnected")


def _tell_sight(who: Participation, kind: str) -> None:
    message = {"type": kind, "roomId": str(who.session.room_id), "peerId": str(who.pk)}
    events.relay(who.session.room_id, message, skip=str(who.pk))


def leave(party: RoomParty) -> None:
    _go(party.participation, "left")


def leave_everywhere(user: User) -> None:
    for who in Participation.objects.present().filter(user=user, session__ended_at=None):
        _go(who, "left")


def sweep(room_id: uuid.UUID) -> int:
    """Tell of pages that have fallen silent, and take out whose lease ran out. Returns how many are out."""
    return _sweep(Participation.objects.filter(session__room=room_id))


def sweep_all() -> int:
    """What nobody's renewal sweeps: sessions whose last page died, and those that nobody has entered after all."""
    gone = _sweep(Participation.objects.all())
    here = Participation.objects.present().filter(session=OuterRef("pk"))
    old = timezone.now() - timedelta(seconds=settings.ROOM_LEASE_SECONDS)
    for session in RoomSession.objects.filter(~Exists(here), ended_at=None, started_at__lt=old)[:MOST]:
        with transaction.atomic():
            _end_if_empty(session.pk)
    return gone


def _sweep(people: ParticipationQuerySet) -> int:
    now = timezone.now()
    silent_since = now + timedelta(seconds=settings.ROOM_LEASE_SECONDS - SILENT_SECONDS)
    silent = people.present().filter(session__ended_at=None, lease_until__lt=silent_since)
    gone = 0
    for who in silent.select_related("session")[:MOST]:
        if who.lease_until < now:
            gone += _go(who, "lost")
        elif who.connected:
            _miss(Participation.objects.present().filter(pk=who.pk, lease_until=who.lease_until))
    return gone


def _go(who: Participation, reason: str) -> bool:
    """Out of the session; the last one ends it. False when somebody else did it first, or the page came back.

    The session's row is locked first, here as on entering: whoever comes while the last one goes finds it ended or kept.
    """
    now = timezone.now()
    with transaction.atomic():
        RoomSession.objects.select_for_update().get(pk=who.session_id)
        row = Participation.objects.present().filter(pk=who.pk).first()
        if row is None or (reason == "lost" and row.lease_until >= now):
            return False
        won = Participation.objects.present().filter(pk=who.pk, lease_until=row.lease_until)
        if not won.update(**row.closing(now)):
            return False
        room = Room.objects.get(sessions=row.session_id)
        logger.info("left room", extra={"room": room.pk, "peer": row.pk, "reason": reason})
        _tell(room, "user-left", peerId=str(row.pk), reason=reason)
        if row.user is not None:
            tell_status(row.user)
        _end_if_empty(row.session_id)
    return True


def _end_if_empty(session_id: uuid.UUID) -> None:
    """In a transaction. The lock goes before the look: who enters at once is seen, or waits."""
    running = RoomSession.objects.select_for_update().filter(pk=session_id, ended_at=None)
    session = running.select_related(None).first()
    if session is None or session.participations.present().exists():
        return
    RoomSession.objects.filter(pk=session_id).update(ended_at=timezone.now())
    Room.objects.filter(pk=session.room_id).update(media_node="", locked=False)
    logger.info("session ended", extra={"room": session.room_id, "session": session_id})
    _tell(Room(pk=session.room_id), "room-ended")


# --- what a participant says of themselves --------------------------------------------------------------------------

TOLD = {
    "muted": ("peer-audio-changed", "muted"),
    "video_off": ("peer-video-changed", "off"),
    "sharing": ("peer-screen-share", "sharing"),
}


def switch(party: RoomParty, name: str, *, on: bool, by_host: bool = False) -> bool:
    """Set one of SWITCHES, add up its time and tell the others. False when it was so already.

    Raises ActionError("forbidden") where the host has kept it to themselves.
    """
    assert name in SWITCHES
    _check_permission(party, name, on=on)
    who = party.participation
    now = timezone.now()
    with transaction.atomic():
        row = Participation.objects.present().filter(pk=who.pk).first()
        if row is None or getattr(row, name) is on:
            return False
        since = getattr(row, f"{name}_since")
        seconds = max(0, round((now - since).total_seconds())) if since and not on else 0
        changed = {
            name: on,
            f"{name}_since": now if on else None,
            f"{name}_seconds": getattr(row, f"{name}_seconds") + seconds,
        }
        if not Participation.objects.present().filter(pk=who.pk, **{name: not on}).update(**changed):
            return False
        kind, field = TOLD[name]
        extra = {"byHost": True} if by_host else {}
        _tell(party.room, kind, besides=None if by_host else who, peerId=str(who.pk), **{field: on}, **extra)
    return True


def _check_permission(party: RoomParty, name: str, *, on: bool) -> None:
    if party.is_host:
        return
    kept = party.room.permissions
    if (name == "sharing" and on and kept.get("share") == "host") or (
        name == "muted" and not on and kept.get("unmute") == "host"
    ):
        raise ActionError("forbidden", _("Only the host may do this here."))


def check_source(party: RoomParty, kind: str, source: str | None) -> None:
    """May this be sent to the media server? Raises ActionError("forbidden") where the host has kept it to themselves.

    Sound of unnamed origin counts as a microphone.
    """
    if source in ("screen", "screen-audio"):
        _check_permission(party, "sharing", on=True)
    elif kind == "audio" and party.participation.muted:
        _check_permission(party, "muted", on=False)


def raise_hand(party: RoomParty, *, raised: bool) -> None:
    at = timezone.now() if raised else None
    Participation.objects.present().filter(pk=party.participation.pk).update(hand_raised_at=at)
    _tell(
        party.room,
        "peer-hand",
        besides=party.participation,
        peerId=str(party.participation.pk),
        raised=raised,
    )


def note_quality(party: RoomParty, level: str, rtt_ms: int, loss_percent: float, kbps: int) -> None:
    who = party.participation
    QualitySample.objects.create(
        participation=who, level=level, rtt_ms=rtt_ms, loss_percent=loss_percent, kbps=kbps
    )
    _tell(party.room, "peer-quality", besides=who, peerId=str(who.pk), level=level)


# --- what the host may do -------------------------------------------------------------------------------------------


def mute_peer(party: RoomParty, peer_id: uuid.UUID) -> None:
    """The page of the one who is muted is told too, and stops sending."""
    other = _other(party, peer_id)
    by = party.participation.name
    if switch(RoomParty(party.room, other, is_host=True), "muted", on=True, by_host=True):
        message = {"type": "mute-request", "roomId": str(party.room.pk), "by": by}
        events.relay(party.room.pk, message, to=str(other.pk))


def remove_peer(party: RoomParty, peer_id: uuid.UUID) -> None:
    """Out, and the membership is taken: they come back only when they are invited again."""
    other = _other(party, peer_id)
    with transaction.atomic():
        Membership.everyone.update_or_create(
            room=party.room,
            user=other.user,
            defaults={"removed_at": timezone.now(), "role": MemberRole.MEMBER},
        )
        events.relay(party.room.pk, {"type": "removed", "roomId": str(party.room.pk)}, to=str(other.pk))
        _go(other, "removed")


def lock_room(party: RoomParty, *, locked: bool) -> None:
    _only_host(party)
    Room.objects.filter(pk=party.room.pk).update(locked=locked)
    _tell(party.room, "room-changed", locked=locked)


def set_permissions(party: RoomParty, wanted: dict[str, str]) -> None:
    _only_host(party)
    known = _known_permissions(wanted)
    with transaction.atomic():
        room = Room.objects.select_for_update().get(pk=party.room.pk)
        room.permissions = room.permissions | known
        room.save(update_fields=["permissions"])
        _tell(room, "room-changed", permissions=room.permissions)


def hand_over_host(party: RoomParty, peer_id: uuid.UUID) -> None:
    other = _other(party, peer_id)
    with transaction.atomic():
        Membership.objects.filter(room=party.room, user=party.participation.user).update(
            role=MemberRole.MEMBER
        )
        Membership.objects.update_or_create(
            room=party.room, user=other.user, defaults={"role": MemberRole.HOST}
        )
        _tell(party.room, "room-changed", hostPeerId=str(other.pk))


def add_members(user: User, room: Room, members: Iterable[int]) -> int:
    """By a host. Who had been removed is invited again."""
    if not is_host(user, room):
        raise ActionError("forbidden", _("Only the host may do this here."))
    mates = User.objects.get_queryset().active().visible_to(user).filter(pk__in=set(members))
    for mate in mates:
        Membership.everyone.update_or_create(room=room, user=mate, defaults={"removed_at": None})
    return len(mates)


def remove_members(user: User, room: Room, members: Iterable[int]) -> int:
    """By a host, or oneself. Who is in is out. A host hands the room over before leaving it.

    Raises ActionError: forbidden, wrong_state.
    """
    wanted = set(members)
    host = is_host(user, room)
    if not host and wanted != {user.pk}:
        raise ActionError("forbidden", _("Only the host may do this here."))
    if host and user.pk in wanted:
        raise ActionError("wrong_state", _("Hand the room over before you leave it."))
    removed_at = timezone.now() if host else None
    with transaction.atomic():
        gone = list(Membership.objects.filter(room=room, user__in=wanted))
        for member in gone:
            if removed_at is None:
                member.delete()  # who leaves may be invited again by anybody's word; nobody has shut the door
            else:
                Membership.objects.filter(pk=member.pk).update(removed_at=removed_at, role=MemberRole.MEMBER)
            _put_out(room, member.user_id)
    return len(gone)


def _put_out(room: Room, user_id: int) -> None:
    here = Participation.objects.present().filter(session__room=room, session__ended_at=None, user=user_id)
    for who in here:
        events.relay(room.pk, {"type": "removed", "roomId": str(room.pk)}, to=str(who.pk))
        _go(who, "removed")


def change_room(user: User, room: Room, wanted: dict[str, Any]) -> Room:
    """By a host: `name`, `locked`, `ip_allow` and `permissions`, as far as they are given. All who are in are told.

    Raises ActionError("forbidden").
    """
    if not is_host(user, room):
        raise ActionError("forbidden", _("Only the host may do this here."))
    with transaction.atomic():
        changed = Room.objects.select_for_update().get(pk=room.pk)
        for name in ("name", "locked", "ip_allow"):
            if name in wanted:
                setattr(changed, name, wanted[name])
        changed.permissions |= _known_permissions(wanted.get("permissions", {}))
        changed.save(update_fields=["name", "locked", "ip_allow", "permissions"])
        told = {name: getattr(changed, name) for name in ("name", "locked", "permissions") if name in wanted}
        if told:
            _tell(changed, "room-changed", **told)
    return changed


def _known_permissions(wanted: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if value in PERMISSIONS.get(name, ())}


def close_room(user: User, room: Room) -> None:
    """By a host: nobody can enter any more; who is in is out."""
    if not is_host(user, room):
        raise ActionError("forbidden", _("Only the host may do this here."))
    with transaction.atomic():
        Room.objects.filter(pk=room.pk, closed_at=None).update(closed_at=timezone.now())
        for who in Participation.objects.present().filter(session__room=room, session__ended_at=None):
            _go(who, "removed")


def _other(party: RoomParty, peer_id: uuid.UUID) -> Participation:
    _only_host(party)
    other = (
        Participation.objects.present()
        .filter(pk=peer_id, session=party.participation.session)
        .exclude(pk=party.participation.pk)
        .select_related("user")
        .first()
    )
    if other is None or other.user is None:
        raise ActionError("not_found", _("There is nobody of that kind in the room."))
    return other


def _only_host(party: RoomParty) -> None:
    if not party.is_host:
        raise ActionError("forbidden", _("Only the host may do this here."))


# --- what is told -----------------------------------------------------------------------------------------------------


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


def people(session: RoomSession) -> list[dict[str, Any]]:
    """Who is in, in the order of coming. Two queries, however many."""
    hosts = set(
        Membership.objects.filter(room=session.room_id, role=MemberRole.HOST).values_list(
            "user_id", flat=True
        )
    )
    return [person(each, host=each.user_id in hosts) for each in session.participations.present()]


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


def _tell(room: Room, kind: str, *, besides: Participation | None = None, **fields: Any) -> None:
    message = {"type": kind, "roomId": str(room.pk), **fields}
    events.relay(room.pk, message, skip=str(besides.pk) if besides else None)
    events.wake(events.TEAM_BOARD, {"type": "board.wake"})


def _tell_members(room: Room, session: RoomSession, by: User) -> None:
    message = {"type": "meeting-started", "roomId": str(room.pk), "name": room.name, "by": by.name}
    message |= {"sessionId": str(session.pk)}
    members = set(Membership.objects.filter(room=room).values_list("user_id", flat=True))
    if room.team is not None:
        members |= set(room.team.members.values_list("pk", flat=True))
    for user_id in members - {by.pk}:
        events.wake(events.person_group(user_id), {"type": "person.notice", "message": message})


def _lease() -> Any:
    return timezone.now() + timedelta(seconds=settings.ROOM_LEASE_SECONDS)
