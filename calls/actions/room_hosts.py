"""What the host of a room may do, in it and beside it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import RoomParty, is_host
from calls.actions.errors import ActionError
from calls.actions.room_switches import switch
from calls.actions.room_telling import tell, tell_members
from calls.actions.rooms import take_out
from calls.models import Membership, Participation, Room, RoomSession
from calls.models.room import MemberRole

PERMISSIONS = {"share": ("all", "host"), "chat": ("all", "host"), "unmute": ("all", "host")}


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
        take_out(other, "removed")


def lock_room(party: RoomParty, *, locked: bool) -> None:
    _only_host(party)
    Room.objects.filter(pk=party.room.pk).update(locked=locked)
    tell(party.room, "room-changed", locked=locked)


def set_permissions(party: RoomParty, wanted: dict[str, str]) -> None:
    _only_host(party)
    known = _known_permissions(wanted)
    with transaction.atomic():
        room = Room.objects.select_for_update().get(pk=party.room.pk)
        room.permissions = room.permissions | known
        room.save(update_fields=["permissions"])
        tell(room, "room-changed", permissions=room.permissions)


def hand_over_host(party: RoomParty, peer_id: uuid.UUID) -> None:
    other = _other(party, peer_id)
    with transaction.atomic():
        Membership.objects.filter(room=party.room, user=party.participation.user).update(
            role=MemberRole.MEMBER
        )
        Membership.objects.update_or_create(
            room=party.room, user=other.user, defaults={"role": MemberRole.HOST}
        )
        tell(party.room, "room-changed", hostPeerId=str(other.pk))


def add_members(user: User, room: Room, members: Iterable[int]) -> int:
    """By a host. Who had been removed is invited again."""
    if not is_host(user, room):
        raise ActionError("forbidden", _("Only the host may do this here."))
    mates = User.objects.get_queryset().active().visible_to(user).filter(pk__in=set(members))
    running = RoomSession.objects.filter(room=room, ended_at=None).first()
    with transaction.atomic():
        for mate in mates:
            Membership.everyone.update_or_create(room=room, user=mate, defaults={"removed_at": None})
        if running is not None:
            tell_members(room, running, user, only=[mate.pk for mate in mates])
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
            tell(changed, "room-changed", **told)
    return changed


def close_room(user: User, room: Room) -> None:
    """By a host: nobody can enter any more; who is in is out."""
    if not is_host(user, room):
        raise ActionError("forbidden", _("Only the host may do this here."))
    with transaction.atomic():
        Room.objects.filter(pk=room.pk, closed_at=None).update(closed_at=timezone.now())
        _put_out(room)


def _put_out(room: Room, user_id: int | None = None) -> None:
    """One, or everybody."""
    here = Participation.objects.present().filter(session__room=room, session__ended_at=None)
    for who in here if user_id is None else here.filter(user=user_id):
        events.relay(room.pk, {"type": "removed", "roomId": str(room.pk)}, to=str(who.pk))
        take_out(who, "removed")


def _known_permissions(wanted: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if value in PERMISSIONS.get(name, ())}


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
