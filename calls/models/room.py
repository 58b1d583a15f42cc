"""Rooms: a team's meeting, a voice room, or the chat and picture beside a customer's call. Who is in, and for how long."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from calls.models.call import Call, Participant


class RoomKind(models.TextChoices):
    CALL = "call", _("call")
    MEETING = "meeting", _("meeting")
    VOICE = "voice", _("voice room")


class MediaPlan(models.TextChoices):
    MESH = "mesh", _("from browser to browser")
    SFU = "sfu", _("through the media server")


class MemberRole(models.TextChoices):
    HOST = "host", _("host")
    MEMBER = "member", _("member")


MESH_UP_TO = 3
"""So many people send to each other directly; one more and everybody sends once, to the media server."""
MOST_PEOPLE = {RoomKind.CALL: 6, RoomKind.MEETING: 25, RoomKind.VOICE: 25}


def check_networks(networks: object) -> None:
    """A list of addresses or networks (CIDR). Raises ValidationError."""
    if not isinstance(networks, list) or len(networks) > 50:
        raise ValidationError(_("Give a list of at most 50 addresses or networks."))
    for network in networks:
        try:
            ipaddress.ip_network(str(network), strict=False)
        except ValueError:
            raise ValidationError(
                _("This is no address or network: %(network)s"), params={"network": network}
            ) from None


def default_permissions() -> dict[str, str]:
    return {"share": "all", "chat": "all", "unmute": "all"}


class RoomQuerySet(models.QuerySet["Room"]):
    def open(self) -> RoomQuerySet:
        return self.filter(closed_at=None)

    def of(self, user: User) -> RoomQuerySet:
        """Rooms that the user may enter: as a member, or as one of the room's team."""
        member = Q(pk__in=Membership.objects.filter(user=user).values("room"))
        mate = Q(team__in=user.teams.all())
        removed = Membership.removed.filter(user=user).values("room")
        return self.open().exclude(kind=RoomKind.CALL).filter(member | mate).exclude(pk__in=removed)


class Room(models.Model):
    """A place to talk. That of a customer's call has the call's id, and is made when it is first needed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=RoomKind.choices)
    name = models.CharField(_("name"), max_length=80, blank=True)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="rooms", verbose_name=_("team"),
        help_text=_("Everybody of the team may enter."),
    )  # fmt: skip
    call = models.OneToOneField(
        Call, models.CASCADE, null=True, blank=True, related_name="room", editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="rooms_made"
    )
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    locked = models.BooleanField(_("locked"), default=False)
    permissions = models.JSONField(default=default_permissions, editable=False)
    ip_allow = models.JSONField(
        _("addresses allowed"), default=list, blank=True, validators=[check_networks],
        help_text=_("Addresses or networks from which the room may be entered; empty: from everywhere."),
    )  # fmt: skip
    max_people = models.PositiveSmallIntegerField(_("people at most"), default=25)
    media_node = models.CharField(max_length=64, blank=True, editable=False)
    last_message_seq = models.PositiveIntegerField(default=0, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ("name", "created_at")

    def __str__(self) -> str:
        return self.name or str(self.pk)

    def allows(self, address: str) -> bool:
        """May somebody at this address enter? An address that cannot be read only where every one may."""
        if not self.ip_allow:
            return True
        try:
            here = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(here in ipaddress.ip_network(network, strict=False) for network in self.ip_allow)

    def plan_for(self, people: int) -> MediaPlan:
        if self.kind == RoomKind.MEETING and people <= MESH_UP_TO:
            return MediaPlan.MESH
        return MediaPlan.SFU


class PresentMembers(models.Manager["Membership"]):
    def get_queryset(self) -> models.QuerySet[Membership]:
        return super().get_queryset().filter(removed_at=None)


class RemovedMembers(models.Manager["Membership"]):
    def get_queryset(self) -> models.QuerySet[Membership]:
        return super().get_queryset().exclude(removed_at=None)


class Membership(models.Model):
    """The right to enter a room. Who was removed by the host keeps a row that says so."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_memberships")
    role = models.CharField(_("role"), max_length=8, choices=MemberRole.choices, default=MemberRole.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = PresentMembers()
    removed = RemovedMembers()
    everyone: models.Manager[Membership] = models.Manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = (models.UniqueConstraint(fields=("room", "user"), name="one_membership_per_user"),)

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class RoomSession(models.Model):
    """From the first one in to the last one out. `plan` never goes back to mesh: everybody would be interrupted again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="sessions")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    plan = models.CharField(max_length=4, choices=MediaPlan.choices, default=MediaPlan.MESH)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("room",), condition=Q(ended_at=None), name="one_running_session_per_room"
            ),
        )

    def __str__(self) -> str:
        return f"{self.room_id} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def seconds(self) -> int:
        return round(((self.ended_at or timezone.now()) - self.started_at).total_seconds())


class ParticipationQuerySet(models.QuerySet["Participation"]):
    def present(self) -> ParticipationQuerySet:
        return self.filter(left_at=None)

    def expired(self) -> ParticipationQuerySet:
        """Whose page has not been heard of for longer than its lease."""
        return self.present().filter(lease_until__lt=timezone.now())


SWITCHES = ("muted", "video_off", "sharing")
"""What a participant switches; for each the row has since when, and how many seconds it was on in all."""


class Participation(models.Model):
    """One person in one session. Its id is the `peerId` of the wire and of the media server; who comes back has the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(RoomSession, models.CASCADE, related_name="participations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="room_participations"
    )
    party = models.ForeignKey(Participant, models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(_("name shown"), max_length=80, blank=True)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    present_seconds = models.PositiveIntegerField(_("seconds present"), default=0)
    lease_until = models.DateTimeField(default=timezone.now)
    connected = models.BooleanField(
        default=True, help_text=_("False: the page has been silent for a moment, and the others know.")
    )
    muted = models.BooleanField(default=False)
    muted_since = models.DateTimeField(null=True, blank=True)
    muted_seconds = models.PositiveIntegerField(_("seconds muted"), default=0)
    video_off = models.BooleanField(default=True)
    video_off_since = models.DateTimeField(null=True, blank=True)
    video_off_seconds = models.PositiveIntegerField(_("seconds without video"), default=0)
    sharing = models.BooleanField(default=False)
    sharing_since = models.DateTimeField(null=True, blank=True)
    sharing_seconds = models.PositiveIntegerField(_("seconds sharing"), default=0)
    hand_raised_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ("joined_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("session", "user"),
                condition=Q(user__isnull=False),
                name="one_participation_per_session",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

    def closing(self, now: datetime) -> dict[str, Any]:
        """The fields that change when the participant leaves: every switch's time is added up."""
        changed: dict[str, Any] = {
            "left_at": now,
            "hand_raised_at": None,
            "present_seconds": self.present_seconds + _seconds(self.joined_at, now),
        }
        for switch in SWITCHES:
            since = getattr(self, f"{switch}_since")
            changed[f"{switch}_since"] = None
            changed[f"{switch}_seconds"] = getattr(self, f"{switch}_seconds") + (
                _seconds(since, now) if since else 0
            )
        return changed


class QualityLevel(models.TextChoices):
    GOOD = "good", _("good")
    FAIR = "fair", _("fair")
    POOR = "poor", _("poor")


class QualitySample(models.Model):
    """How well somebody was connected, as their own browser measured it."""

    participation = models.ForeignKey(Participation, models.CASCADE, related_name="quality")
    at = models.DateTimeField(default=timezone.now)
    level = models.CharField(max_length=4, choices=QualityLevel.choices)
    rtt_ms = models.PositiveIntegerField()
    loss_percent = models.FloatField()
    kbps = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("quality")
        verbose_name_plural = _("quality")
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.level} {self.rtt_ms} ms"


def _seconds(since: datetime, now: datetime) -> int:
    return max(0, round((now - since).total_seconds()))
