"""A recording that somebody sent and whose answer they fetch later."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from transcripts.models.assistant import AssistantTurn


class AskedState(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("being answered")
    DONE = "done", _("answered")
    FAILED = "failed", _("could not be answered")


class AskedLater(models.Model):
    """The sound lies in a file of its own until it is answered; no longer, and nowhere else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="asked_later", verbose_name=_("call"))
    state = models.CharField(
        _("state"), max_length=8, choices=AskedState.choices, default=AskedState.PENDING, db_index=True
    )
    code = models.CharField(_("error"), max_length=40, blank=True)
    system_prompt = models.TextField(blank=True)
    voice = models.CharField(_("voice"), max_length=8, blank=True)
    turn = models.ForeignKey(AssistantTurn, models.SET_NULL, null=True, blank=True, related_name="+")
    fell_back = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("question answered later")
        verbose_name_plural = _("questions answered later")

    def __str__(self) -> str:
        return str(self.pk)

    def file(self) -> Path:
        return Path(settings.DATA_DIR) / "asked" / str(self.pk)
