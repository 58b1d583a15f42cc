"""The life of a room's session: started, entered, left, swept."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import RoomParty, is_host, membership_of
from calls.actions.errors import ActionError
from calls.actions.presence_leases import tell_status
from calls.actions.room_telling import person, tell, tell_members
from calls.models import Membership, Participation, Room, RoomSession
from calls.models.room import MOST_PEOPLE, MediaPlan, MemberRole, ParticipationQuerySet, RoomKind

logger = logging.getLogger(__name__)

SILENT_SECONDS = 6
"""Pages renew every two seconds; one that has missed three is shown as reconnecting."""
CLOSED_EARLIER_SECONDS = 2
"""A closed socket is known at once, a cut network only by the pings that do not come: a browser that dies is out sooner."""
MOST = 500
"""So many rows a sweep looks at; the next one goes on."""


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
            tell_members(room, session, user)
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
            _hear(mine.pk, _lease())
            mine.session = session
            return mine
        if room.locked and not host and mine is None:  # who was in, and lost the network, comes back
            raise ActionError("room_locked", _("The host has locked this room."))
        if session.participations.present().count() >= room.max_people:
            raise ActionError("room_full", _("This room is full."))
        mine = _seat(user, room, session, mine)
        people = session.participations.present().count()
        tell_status(user)
        logger.info("entered room", extra={"room": room.pk, "peer": mine.pk, "user": user.pk})
        tell(room, "user-joined", besides=mine, **person(mine, host=host))
        _widen(room, session, people)
    return mine


def _seat(user: User, room: Room, session: RoomSession, mine: Participation | None) -> Participation:
    now = timezone.now()
    # Who was muted, and may not change that, does not change it by leaving and coming back.
    muted = mine is not None and mine.muted and room.permissions.get("unmute") == "host"
    fresh = {
        "joined_at": now, "left_at": None, "lease_until": _lease(), "connected": True,
        "muted": muted, "muted_since": now if muted else None,
        "video_off": True, "video_off_since": now, "sharing": False,
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
        tell(room, "plan-changed", plan=MediaPlan.SFU.value)


def renew(peer_ids: Collection[uuid.UUID], heard_at: datetime | None = None) -> set[uuid.UUID]:
    """The pages live. Returns those that have a place still. One statement, as long as nobody had missed any of them."""
    wanted, until = set(peer_ids), _lease(heard_at)
    seen = Participation.objects.present().filter(pk__in=wanted, connected=True)
    if seen.update(lease_until=until) == len(wanted):
        return wanted
    here = set(seen.values_list("pk", flat=True))
    return here | {peer for peer in wanted - here if _hear(peer, until)}


def _hear(peer_id: uuid.UUID, until: datetime) -> bool:
    """The page lives; if the others were told that it is silent, they are told that it is back.

    Not by a ping from before its socket closed, which is written down only now.
    """
    here = Participation.objects.present().filter(pk=peer_id)
    if here.filter(connected=True).update(lease_until=until):
        return True
    with transaction.atomic():
        before = until - timedelta(seconds=CLOSED_EARLIER_SECONDS)
        if here.filter(connected=False, lease_until__lte=before).update(lease_until=until, connected=True):
            _tell_sight(here.select_related("session").get(), "peer-reconnected")
            return True
    return here.exists()


def lost_sight(peer_id: uuid.UUID) -> None:
    """The socket is gone. The place is kept until the lease runs out; the others are told at once."""
    until = _lease() - timedelta(seconds=CLOSED_EARLIER_SECONDS)
    _miss(Participation.objects.present().filter(pk=peer_id), lease_until=until)


def _miss(here: ParticipationQuerySet, **fields: Any) -> None:
    with transaction.atomic():
        who = here.select_related("session").first()
        if who is not None and here.filter(connected=True).update(connected=False, **fields):
            _tell_sight(who, "peer-disconnected")


def _tell_sight(who: Participation, kind: str) -> None:
    message = {"type": kind, "roomId": str(who.session.room_id), "peerId": str(who.pk)}
    events.relay(who.session.room_id, message, skip=str(who.pk))


def leave(party: RoomParty) -> None:
    take_out(party.participation, "left")


def leave_everywhere(user: User) -> None:
    for who in Participation.objects.present().filter(user=user, session__ended_at=None):
        take_out(who, "left")


def sweep(room_ids: Collection[uuid.UUID]) -> int:
    """Tell of pages that have fallen silent, and take out whose lease ran out. Returns how many are out."""
    return _sweep(Participation.objects.filter(session__room__in=room_ids))


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
            gone += take_out(who, "lost")
        elif who.connected:
            _miss(Participation.objects.present().filter(pk=who.pk, lease_until=who.lease_until))
    return gone


def take_out(who: Participation, reason: str) -> bool:
    """Out of the session; the last one ends it. False when somebody else did it first, or the page came back.

    The session's row is locked first, here as on entering: whoever comes while the last one goes finds it ended or kept.
    """
    now = timezone.now()
    with transaction.atomic():
        RoomSession.objects.select_for_update().get(pk=who.session_id)
        row = Participation.objects.present().filter(pk=who.pk).first()
        if row is None or (reason == "lost" and row.lease_until >= now):
            return False
        mine = Participation.objects.present().filter(pk=who.pk)
        # A page that has come back in this moment is not lost; who leaves has gone even if its last ping comes now.
        won = mine.filter(lease_until=row.lease_until) if reason == "lost" else mine
        if not won.update(**row.closing(now)):
            return False
        room = Room.objects.get(sessions=row.session_id)
        logger.info("left room", extra={"room": room.pk, "peer": row.pk, "reason": reason})
        tell(room, "user-left", peerId=str(row.pk), reason=reason)
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
    tell(Room(pk=session.room_id), "room-ended")


def _lease(heard_at: datetime | None = None) -> datetime:
    return (heard_at or timezone.now()) + timedelta(seconds=settings.ROOM_LEASE_SECONDS)
