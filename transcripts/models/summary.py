"""What a call was about, made after it from masked words, and what people changed in it."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from calls.models import Call

LEASE = timedelta(minutes=3)
"""Longer than any language model may take; work of a killed worker is taken over after it."""
MAX_ATTEMPTS = 3


class SummaryState(models.TextChoices):
    PENDING = "pending", _("not made yet")
    READY = "ready", _("proposed")
    SAVED = "saved", _("looked over by a person")
    FAILED = "failed", _("could not be made")


class Disposition(models.TextChoices):
    """How a call ended, for the house."""

    SOLVED = "solved", _("solved")
    FOLLOW_UP = "follow_up", _("to be followed up")
    CALL_BACK = "call_back", _("to be called back")
    PASSED_ON = "passed_on", _("passed on")
    COMPLAINT = "complaint", _("complaint")
    NO_NEED = "no_need", _("no concern")


class CallSummaryQuerySet(models.QuerySet["CallSummary"]):
    def visible_to(self, user: User) -> CallSummaryQuerySet:
        return self.filter(call__in=Call.objects.visible_to(user))

    def open(self) -> CallSummaryQuerySet:
        """To be made, and nobody is at it."""
        free = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - LEASE)
        return self.filter(free, state=SummaryState.PENDING, call__erased_at=None)


class CallSummary(models.Model):
    """One a call. `topics` and `next_steps` are lists of short lines. What a person saved is never made anew."""

    call = models.OneToOneField(Call, models.CASCADE, related_name="summary", verbose_name=_("call"))
    state = models.CharField(
        _("state"), max_length=8, choices=SummaryState.choices, default=SummaryState.PENDING, db_index=True
    )
    text = models.TextField(_("summary"), blank=True)
    topics = models.JSONField(_("topics"), default=list)
    next_steps = models.JSONField(_("next steps"), default=list)
    disposition = models.CharField(_("outcome"), max_length=10, choices=Disposition.choices, blank=True)
    model = models.CharField(_("made by"), max_length=80, blank=True)
    prompt_tokens = models.PositiveIntegerField(_("tokens in"), default=0)
    completion_tokens = models.PositiveIntegerField(_("tokens out"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.UUIDField(null=True, blank=True)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)

    objects = CallSummaryQuerySet.as_manager()

    class Meta:
        verbose_name = _("summary of a call")
        verbose_name_plural = _("summaries of calls")

    def __str__(self) -> str:
        return str(self.call_id)

    @property
    def is_extract(self) -> bool:
        """Made of the callers' own sentences, without a language model."""
        return self.model == "extract"

    def claim(self) -> bool:
        """Become the one that makes it; False while somebody else does, or when it is made."""
        key = uuid.uuid4()
        won = (
            CallSummary.objects.open()
            .filter(pk=self.pk)
            .update(claimed_at=timezone.now(), claimed_by=key, attempts=F("attempts") + 1)
        )
        if won:
            self.refresh_from_db()
        return bool(won)

    def settle(self, state: SummaryState, **fields: object) -> bool:
        """Keep what was made, unless the lease was lost or a person has saved meanwhile."""
        mine = CallSummary.objects.filter(pk=self.pk, claimed_by=self.claimed_by, state=SummaryState.PENDING)
        return bool(mine.update(state=state, claimed_at=None, claimed_by=None, **fields))


class SummaryEdit(models.Model):
    """Who saved a summary, and what it said before and after. Masked words only, like the summary itself."""

    summary = models.ForeignKey(CallSummary, models.CASCADE, related_name="edits")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("change of a summary")
        verbose_name_plural = _("changes of summaries")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.summary_id} {self.created_at:%Y-%m-%d %H:%M}"
