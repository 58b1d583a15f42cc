"""What a queue hides, and the background run that masks old transcripts anew when the rules have changed."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Queue
from transcripts.masking.kinds import ALL_PERSONAL_DATA


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
