"""Who opened the unmasked sound of a call, when and why."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Recording
from transcripts.models.reveal import RevealReason


class OriginalOpening(models.Model):
    """One permission to hear one side unmasked until `expires_at`. The row is written before any sound leaves
    the server, and outlives the sound."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="openings", verbose_name=_("who")
    )
    call = models.ForeignKey(Call, models.CASCADE, related_name="openings", verbose_name=_("call"))
    recording = models.ForeignKey(Recording, models.SET_NULL, null=True, related_name="openings")
    reason = models.CharField(_("reason"), max_length=12, choices=RevealReason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("opening of an original")
        verbose_name_plural = _("openings of originals")
        ordering = ("-created_at",)
        permissions = (("open_original", _("Can hear calls unmasked")),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.call_id}"
