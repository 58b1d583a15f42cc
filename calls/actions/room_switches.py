"""What a participant of a room says of themselves, as far as the host allows it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.access import RoomParty
from calls.actions.errors import ActionError
from calls.actions.room_telling import tell
from calls.models import Participation, QualitySample
from calls.models.room import SWITCHES

TOLD = {
    "muted": ("peer-audio-changed", "muted"),
    "video_off": ("peer-video-changed", "off"),
    "sharing": ("peer-screen-share", "sharing"),
}
QUALITY_EVERY_SECONDS = 4
"""What is told more often is not kept."""


def switch(party: RoomParty, name: str, *, on: bool, by_host: bool = False) -> bool:
    """Set one of SWITCHES, add up its time and tell the others. False when it was so already.

    Raises ActionError("forbidden") where the host has kept it to themselves.
    """
    assert name in SWITCHES
    check_permission(party, name, on=on)
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
        tell(party.room, kind, besides=None if by_host else who, peerId=str(who.pk), **{field: on}, **extra)
    return True


def check_permission(party: RoomParty, name: str, *, on: bool) -> None:
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
        check_permission(party, "sharing", on=True)
    elif kind == "audio" and party.participation.muted:
        check_permission(party, "muted", on=False)


def raise_hand(party: RoomParty, *, raised: bool) -> None:
    at = timezone.now() if raised else None
    Participation.objects.present().filter(pk=party.participation.pk).update(hand_raised_at=at)
    tell(
        party.room,
        "peer-hand",
        besides=party.participation,
        peerId=str(party.participation.pk),
        raised=raised,
    )


def note_quality(party: RoomParty, level: str, rtt_ms: int, loss_percent: float, kbps: int) -> None:
    who = party.participation
    lately = timezone.now() - timedelta(seconds=QUALITY_EVERY_SECONDS)
    if QualitySample.objects.filter(participation=who, at__gt=lately).exists():
        return
    QualitySample.objects.create(
        participation=who, level=level, rtt_ms=rtt_ms, loss_percent=loss_percent, kbps=kbps
    )
    tell(party.room, "peer-quality", besides=who, peerId=str(who.pk), level=level)
