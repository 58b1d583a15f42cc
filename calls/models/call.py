"""A call, its parties, its history and its numbered events."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from calls.models.place import Place, Queue
from calls.states import ACTIVE, TALKING, CallStatus, EndReason, check


def hash_token(token: str) -> str:
    """What is stored of a capability token: its SHA-256, so the table opens no call."""
    return hashlib.sha256(token.encode()).hexdigest()


def masked_contact(contact: str) -> str:
    """Hide the middle of a number (all but three and four characters), or all but the first letter before the @."""
    name, at, host = contact.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    digits = [place for place, char in enumerate(contact) if char.isalnum()]
    hidden = set(digits[3:-4]) if len(digits) > 8 else set(digits[1:-1])
    return "".join("*" if place in hidden else char for place, char in enumerate(contact))


class CallSource(models.TextChoices):
    PAGE = "page", _("customer page")
    API = "api", _("API")
    SIMULATION = "simulation", _("simulation")


class CallQuerySet(models.QuerySet["Call"]):
    def active(self) -> CallQuerySet:
        return self.filter(status__in=ACTIVE)

    def waiting(self) -> CallQuerySet:
        """For a person, in the order in which their customers came: nobody has answered, or the assistant hands over."""
        handed_over = Q(status__in=TALKING, person_wanted_at__isnull=False)
        return self.filter(Q(status=CallStatus.RINGING) | handed_over).order_by("created_at", "id")

    def holding(self, token: str) -> CallQuerySet:
        """The call that a capability token opens, while its link is valid."""
        return self.filter(token_hash=hash_token(token), token_expires_at__gt=timezone.now())

    def visible_to(self, user: User) -> CallQuerySet:
        """Administrators see all, supervisors their teams' queues, agents the calls they took part in."""
        if user.is_admin:
            return self
        # Subqueries, not joins: nothing comes twice, so a list needs no DISTINCT and can stop at the end of its page.
        own = Q(pk__in=Participant.objects.filter(user=user).values("call"))
        if user.is_supervisor:
            own |= Q(queue__in=Queue.objects.filter(team__in=user.teams.all()))
        return self.filter(own)

    def supervised_by(self, user: User) -> CallQuerySet:
        """Running calls into which a supervisor may listen: those of the teams' queues; an administrator's are all."""
        talking = self.filter(status__in=TALKING)
        if user.is_admin:
            return talking
        teams = user.teams.all() if user.is_supervisor else user.teams.none()
        return talking.filter(queue__in=Queue.objects.filter(team__in=teams))

    def hold(self, call_id: uuid.UUID) -> Call | None:
        """Lock a call of these until the transaction ends: one at a time changes who is in it. None: not one of these.

        An update that changes nothing, as it locks on every database.
        """
        if not self.filter(pk=call_id).update(last_seq=F("last_seq")):
            return None
        return Call.objects.select_related("place", "queue").get(pk=call_id)


def _token_expiry() -> datetime:
    return timezone.now() + timedelta(hours=settings.CALL_LINK_HOURS)


class Call(models.Model):
    """One conversation, from the customer's tap to the last word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("number of the day"), default=0)
    day = models.DateField(_("day"), db_index=True)
    place = models.ForeignKey(Place, models.PROTECT, related_name="calls", verbose_name=_("place"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="calls", verbose_name=_("queue"))
    status = models.CharField(
        _("state"), max_length=12, choices=[(s.value, s.value) for s in CallStatus], db_index=True
    )
    end_reason = models.CharField(
        _("why it ended"), max_length=16, blank=True, choices=[(r.value, r.value) for r in EndReason]
    )
    source = models.CharField(_("from"), max_length=12, choices=CallSource.choices, default=CallSource.PAGE)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="ko")
    customer_name = models.CharField(_("customer"), max_length=80, blank=True)
    customer_contact = models.CharField(_("contact"), max_length=120, blank=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True)
    question = models.CharField(_("question"), max_length=500, blank=True)
    consented_at = models.DateTimeField(_("consent to recording"), null=True, blank=True)

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token_expires_at = models.DateTimeField(default=_token_expiry, editable=False)
    media_node = models.CharField(max_length=64, blank=True, editable=False)
    media_path = models.CharField(_("way of the sound"), max_length=8, blank=True)
    last_seq = models.PositiveIntegerField(default=0, editable=False)

    created_at = models.DateTimeField(_("came"), default=timezone.now, db_index=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    connected_at = models.DateTimeField(_("sound since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    person_wanted_at = models.DateTimeField(
        _("handed over by the assistant"), null=True, blank=True, editable=False
    )
    handover = models.JSONField(_("what the assistant hands over"), null=True, blank=True, editable=False)

    erased_at = models.DateTimeField(_("words and sound erased"), null=True, blank=True, editable=False)

    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    rating_comment = models.CharField(_("customer's remark"), max_length=1000, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(fields=("day", "number"), name="one_number_a_day"),)
        indexes = (
            models.Index(fields=("queue", "status", "created_at"), name="call_queue_status"),
            models.Index(fields=("-created_at", "-number"), name="call_newest_first"),
            # A search of one place or queue stops at the end of its page, too.
            models.Index(fields=("place", "-created_at", "-number"), name="call_newest_of_place"),
            models.Index(fields=("queue", "-created_at", "-number"), name="call_newest_of_queue"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What people read to each other: 2026-1120-0142."""
        return f"{self.day:%Y-%m%d}-{self.number:04d}"

    @property
    def masked_contact(self) -> str:
        """Enough to recognise, not enough to use: 010-****-5678, c***@example.com."""
        return masked_contact(self.customer_contact)

    @property
    def state(self) -> CallStatus:
        return CallStatus(self.status)

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_simulated(self) -> bool:
        return self.source == CallSource.SIMULATION

    @property
    def duration(self) -> timedelta:
        """How long they talked, so far."""
        start = self.connected_at or self.answered_at
        return (self.ended_at or timezone.now()) - start if start else timedelta()

    def waited(self) -> timedelta:
        return (self.answered_at or self.ended_at or timezone.now()) - self.created_at

    def move(
        self, wanted: CallStatus, *, reason: str = "", actor: Participant | None = None, **fields: Any
    ) -> bool:
        """Compare-and-swap to `wanted` with a history row; False when another process moved the call first.

        Raises InvalidTransition when `wanted` can never follow the state that this row was read in.
        """
        current = self.state
        check(current, wanted)
        with transaction.atomic():
            won = Call.objects.filter(pk=self.pk, status=current).update(status=wanted.value, **fields)
            if not won:
                return False
            CallTransition.objects.create(
                call=self, before=current.value, after=wanted.value, reason=reason, actor=actor
            )
        self.status = wanted.value
        for name, value in fields.items():
            setattr(self, name, value)
        return True

    def next_seq(self) -> int:
        """The next event number. Call inside a transaction: the row lock keeps numbers without holes.

        Where the call stands is read anew with it: what is told under a number is what holds at that number.
        """
        Call.objects.filter(pk=self.pk).update(last_seq=F("last_seq") + 1)
        self.refresh_from_db(fields=("last_seq", *MOVING))
        return self.last_seq


MOVING = (
    "status", "end_reason", "answered_at", "connected_at", "ended_at", "person_wanted_at", "media_path",
)  # fmt: skip
"""What others may have changed since a call was read."""


class ParticipantRole(models.TextChoices):
    CUSTOMER = "customer", _("customer")
    AGENT = "agent", _("agent")
    SUPERVISOR = "supervisor", _("supervisor")
    ASSISTANT = "assistant", _("assistant")


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def present(self) -> ParticipantQuerySet:
        return self.filter(left_at=None)

    def speaking(self) -> ParticipantQuerySet:
        """Without those who only listen."""
        return self.exclude(role=ParticipantRole.SUPERVISOR)

    def entitled(self) -> ParticipantQuerySet:
        """Without listeners who may not listen (any more): the role or the team was taken from them."""
        admin = Q(user__role=Role.ADMIN) | Q(user__is_superuser=True)
        team = Queue.objects.filter(pk=models.OuterRef("call__queue"), team__members=models.OuterRef("user"))
        supervisor = Q(user__role=Role.SUPERVISOR) & models.Exists(team)
        return self.filter(~Q(role=ParticipantRole.SUPERVISOR) | admin | supervisor)

    def lost(self, grace: timedelta) -> ParticipantQuerySet:
        """Who has left, or whose page has been silent, for longer than the grace period."""
        return self.filter(lease_until__lt=timezone.now() - grace)


class Participant(models.Model):
    """One party of a call. Its id is the `peerId` of the wire and of the media server."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="participants")
    role = models.CharField(_("role"), max_length=12, choices=ParticipantRole.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="participations"
    )
    name = models.CharField(_("name shown"), max_length=80, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    put_out = models.BooleanField(
        default=False, help_text=_("Somebody has taken the call over: who left so does not come back.")
    )
    lease_until = models.DateTimeField(
        default=timezone.now, help_text=_("The page was last known to live until then.")
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ("joined_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("call",), condition=Q(role=ParticipantRole.CUSTOMER), name="one_customer_per_call"
            ),
            models.UniqueConstraint(
                fields=("call", "user"), condition=Q(user__isnull=False), name="one_participation_per_user"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.pk}"


class CallTransition(models.Model):
    """One row per change of state."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="transitions")
    before = models.CharField(max_length=12)
    after = models.CharField(max_length=12)
    reason = models.CharField(max_length=16, blank=True)
    actor = models.ForeignKey(Participant, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class CallEvent(models.Model):
    """What was told to the pages, numbered per call from 1, so that a page that comes back misses nothing."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("call", "seq")
        constraints = (models.UniqueConstraint(fields=("call", "seq"), name="one_event_per_number"),)

    def __str__(self) -> str:
        return f"{self.type} {self.seq}"
