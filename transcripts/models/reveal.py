"""Who looked behind a mask, when and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from transcripts.models.utterance import Utterance


class RevealReason(models.TextChoices):
    CHECK = "check", _("to check what was said")
    MISTAKE = "mistake", _("wrongly masked")
    EVIDENCE = "evidence", _("report or evidence")
    TRAINING = "training", _("training")


class Reveal(models.Model):
    """One look. The row is written before the word leaves the server, and outlives the utterance."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reveals", verbose_name=_("who")
    )
    call = models.ForeignKey(Call, models.CASCADE, related_name="reveals", verbose_name=_("call"))
    utterance = models.ForeignKey(Utterance, models.SET_NULL, null=True, related_name="reveals")
    mask_index = models.PositiveIntegerField()
    at_ms = models.PositiveIntegerField(_("place in the call, ms"))
    reason = models.CharField(_("reason"), max_length=12, choices=RevealReason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("look behind a mask")
        verbose_name_plural = _("access log")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.call_id} {self.at_ms}"
