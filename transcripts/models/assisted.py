"""A call that the assistant is in: where their talk stands, and each sentence that it said."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Participant
from calls.states import TALKING
from transcripts.models.assistant import AssistantTurn

LEASE = timedelta(seconds=12)
"""Renewed while its holder lives; from one that died the next takes over after it."""


class AssistedCallQuerySet(models.QuerySet["AssistedCall"]):
    def running(self) -> AssistedCallQuerySet:
        """The assistant is still in the call."""
        return self.filter(left_at=None, call__status__in=TALKING)

    def whole(self) -> AssistedCallQuerySet:
        """With what an answer needs of the call."""
        return self.select_related("call__place", "participant")


class AssistedCall(models.Model):
    """`heard` is the last utterance of the customer that somebody has begun to answer, `answered` the last one that was."""

    call = models.OneToOneField(Call, models.CASCADE, related_name="assisted", verbose_name=_("call"))
    participant = models.OneToOneField(Participant, models.CASCADE, related_name="assisted")
    heard = models.PositiveBigIntegerField(default=0)
    answered = models.PositiveBigIntegerField(default=0)
    offered_person = models.BooleanField(
        default=False, help_text=_("The last thing it said was this question.")
    )
    unknown = models.PositiveSmallIntegerField(
        default=0, help_text=_("Questions in a row that it could not answer.")
    )
    insults = models.PositiveSmallIntegerField(default=0)
    prompts = models.PositiveSmallIntegerField(
        default=0, help_text=_("Times in a row that it asked into silence.")
    )
    quiet_since = models.DateTimeField(null=True, blank=True)
    ends_after = models.CharField(max_length=64, blank=True, help_text=_("The turn after which it hangs up."))
    busy_until = models.DateTimeField(null=True, blank=True)
    busy_with = models.UUIDField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AssistedCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call with the assistant")
        verbose_name_plural = _("calls with the assistant")

    def __str__(self) -> str:
        return str(self.call_id)

    def claim(self) -> uuid.UUID | None:
        """Become the one that answers; None while somebody else does."""
        if key := self._claim_free():
            return key
        return self._claim_free() if self.recover() else None

    def _claim_free(self) -> uuid.UUID | None:
        key = uuid.uuid4()
        free = AssistedCall.objects.running().filter(pk=self.pk, busy_until=None)
        return key if free.update(busy_until=timezone.now() + LEASE, busy_with=key) else None

    def recover(self) -> bool:
        """Whoever answered has died over it: what it was about is to be answered anew."""
        dead = AssistedCall.objects.filter(pk=self.pk, busy_until__lt=timezone.now())
        return bool(dead.update(busy_until=None, busy_with=None, heard=F("answered")))

    def renew(self, key: uuid.UUID) -> bool:
        """False once another has taken over."""
        mine = AssistedCall.objects.filter(pk=self.pk, busy_with=key)
        return bool(mine.update(busy_until=timezone.now() + LEASE))

    def release(self, key: uuid.UUID) -> None:
        mine = AssistedCall.objects.filter(pk=self.pk, busy_with=key)
        mine.update(busy_until=None, busy_with=None, answered=F("heard"))

    def count(self, **steps: int) -> None:
        AssistedCall.objects.filter(pk=self.pk).update(
            **{name: F(name) + step for name, step in steps.items()}
        )


class LineOutcome(models.TextChoices):
    PENDING = "pending", _("not said yet")
    WHOLE = "whole", _("said")
    STOPPED = "stopped", _("interrupted")


class SpokenLine(models.Model):
    """One sentence of the assistant. Only what was heard of it counts as said."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="spoken_lines")
    turn = models.ForeignKey(AssistantTurn, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(_("text"))
    ms = models.PositiveIntegerField(_("length, ms"))
    outcome = models.CharField(max_length=8, choices=LineOutcome.choices, default=LineOutcome.PENDING)
    started_ms = models.BigIntegerField(_("began, Unix ms"), null=True)
    heard_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("sentence of the assistant")
        verbose_name_plural = _("sentences of the assistant")
        ordering = ("turn", "position")
        constraints = (models.UniqueConstraint(fields=("turn", "position"), name="one_line_per_position"),)

    def __str__(self) -> str:
        return f"{self.turn_id} {self.position}"

    def heard_text(self) -> str:
        """Whole words, as many as the share of the sound that left."""
        if self.outcome == LineOutcome.WHOLE:
            return self.text
        words = self.text.split()
        return " ".join(words[: len(words) * self.heard_ms // max(self.ms, 1)])
