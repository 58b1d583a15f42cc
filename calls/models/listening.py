"""Who listened into which call, and when: one row per time, kept for those who ask."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models.call import Call, Participant


class ListeningQuerySet(models.QuerySet["Listening"]):
    def running(self) -> ListeningQuerySet:
        return self.filter(ended_at=None)

    def end(self, *, took_over: bool = False) -> int:
        return self.running().update(ended_at=timezone.now(), took_over=took_over)


class Listening(models.Model):
    """A supervisor has listened into a call, from `started_at` to `ended_at`."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="listenings", verbose_name=_("call"))
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="listenings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="listenings", verbose_name=_("supervisor")
    )
    started_at = models.DateTimeField(_("from"), default=timezone.now)
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    took_over = models.BooleanField(_("took the call over"), default=False)

    objects = ListeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("listening")
        verbose_name_plural = _("listenings")
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("participant",), condition=Q(ended_at=None), name="one_listening_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.call}"
