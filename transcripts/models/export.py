"""Who took a transcript or a masked recording out of the house, when and as what."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models import Call


class Export(models.Model):
    """One download. `form` is the name of a format, or of the sound: customer, agent, mix."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports", verbose_name=_("who")
    )
    call = models.ForeignKey(Call, models.CASCADE, related_name="exports", verbose_name=_("call"))
    form = models.CharField(_("what"), max_length=16)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.call_id} {self.form}"
