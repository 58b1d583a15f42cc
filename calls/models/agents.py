"""Agents at their desks: what they say of themselves, and whether their page is alive."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.states import ACTIVE


class AgentState(models.TextChoices):
    AVAILABLE = "available", _("available")
    AWAY = "away", _("away")
    OFFLINE = "offline", _("offline")


class AgentStatusQuerySet(models.QuerySet["AgentStatus"]):
    def reachable(self) -> AgentStatusQuerySet:
        """Those with a live desk page."""
        return self.filter(Exists(DeskSession.objects.live().filter(user=OuterRef("agent"))))

    def idle(self) -> AgentStatusQuerySet:
        """Available, reachable, on no call and with no offer ringing."""
        from calls.models.call import Participant
        from calls.models.offer import Offer

        on_call = Participant.objects.filter(user=OuterRef("agent"), call__status__in=ACTIVE, left_at=None)
        ringing = Offer.objects.pending().filter(agent=OuterRef("agent"))
        return self.reachable().filter(
            ~Exists(on_call), ~Exists(ringing), state=AgentState.AVAILABLE, agent__is_active=True
        )


class AgentStatus(models.Model):
    """One row per agent. Being on a call is not stored here: it follows from the calls."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="status", primary_key=True
    )
    state = models.CharField(
        _("state"), max_length=12, choices=AgentState.choices, default=AgentState.OFFLINE
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    idle_since = models.DateTimeField(_("idle since"), default=timezone.now)

    objects = AgentStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("agent state")
        verbose_name_plural = _("agent states")

    def __str__(self) -> str:
        return f"{self.agent} {self.state}"


class DeskSessionQuerySet(models.QuerySet["DeskSession"]):
    def live(self) -> DeskSessionQuerySet:
        return self.filter(expires_at__gt=timezone.now())

    def expired(self) -> DeskSessionQuerySet:
        return self.filter(expires_at__lte=timezone.now())


class DeskSession(models.Model):
    """A lease held by one open desk page; renewed by its socket, gone when the page dies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="desk_sessions")
    opened_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = DeskSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)
