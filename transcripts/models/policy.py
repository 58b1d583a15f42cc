"""What a queue hides, and the background run that masks old transcripts anew when the rules have changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calls.models import Queue
from transcripts.masking.kinds import ALL_PERSONAL_DATA

# A run renews its lease with every call that it has masked anew.
REMASK_LEASE = timedelta(minutes=5)


def every_kind() -> list[str]:
    return list(ALL_PERSONAL_DATA)


class MaskingPolicy(models.Model):
    """What is masked in the calls of one queue. A queue without a row masks everything."""

    queue = models.OneToOneField(
        Queue, models.CASCADE, related_name="masking_policy", verbose_name=_("queue")
    )
    personal_data = models.JSONField(_("kinds of personal data"), default=every_kind, blank=True)
    min_severity = models.PositiveSmallIntegerField(
        _("mildest tier that is masked"), default=1, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("masking policy")
        verbose_name_plural = _("masking policies")

    def __str__(self) -> str:
        return str(self.queue)


class RemaskState(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")


class RemaskQuerySet(models.QuerySet["Remask"]):
    def ask(self, user: User | None = None) -> Remask:
        """Everything masked until now is to be masked anew. Edits before the run begins share one run."""
        waiting = self.filter(state=RemaskState.PENDING)
        if waiting.update(created_at=timezone.now(), requested_by=user):
            return waiting.latest("created_at")
        return self.create(requested_by=user)

    def ask_if_changed_since(self, masked_at: datetime | None) -> None:
        """The rules changed while something was heard: a run that has passed it does not come back."""
        if masked_at and self.filter(created_at__gt=masked_at).exclude(state=RemaskState.PENDING).exists():
            self.ask()

    def claimable(self) -> RemaskQuerySet:
        return self.filter(
            Q(state=RemaskState.PENDING) | Q(state=RemaskState.RUNNING, claimed_at__lt=_dead())
        )

    def claim(self) -> Remask | None:
        """Lease the oldest run; None when there is none, or one is under way: two would write the same files."""
        if self.filter(state=RemaskState.RUNNING, claimed_at__gte=_dead()).exists():
            return None
        oldest = self.claimable().order_by("created_at", "pk").first()
        if oldest is None:
            return None
        now = timezone.now()
        won = self.claimable().filter(pk=oldest.pk).update(state=RemaskState.RUNNING, claimed_at=now)
        return self.get(pk=oldest.pk) if won else None


def _dead() -> datetime:
    return timezone.now() - REMASK_LEASE


class Remask(models.Model):
    """One run over the utterances that were masked before it was asked for. Its lease is `claimed_at`;
    `last_id` is how far it came: a killed run goes on from there."""

    state = models.CharField(
        _("state"), max_length=8, choices=RemaskState.choices, default=RemaskState.PENDING
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("who")
    )
    total = models.PositiveIntegerField(_("utterances"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    last_id = models.BigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = RemaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("masking run")
        verbose_name_plural = _("masking runs")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def percent(self) -> int:
        if self.state == RemaskState.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0

    def step(self, **fields: Any) -> bool:
        """Write progress and renew the lease. False when it ran out and another worker took over."""
        now = timezone.now()
        mine = Remask.objects.filter(pk=self.pk, state=RemaskState.RUNNING, claimed_at=self.claimed_at)
        if not mine.update(claimed_at=now, **fields):
            return False
        for name, value in (fields | {"claimed_at": now}).items():
            setattr(self, name, value)
        return True
