"""An offer: a waiting call leased to one agent for a few seconds; or a running one, to which a colleague is invited."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models.call import Call, Participant


class OfferState(models.TextChoices):
    PENDING = "pending", _("ringing")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("passed on")
    EXPIRED = "expired", _("rang out")
    WITHDRAWN = "withdrawn", _("withdrawn")


class OfferQuerySet(models.QuerySet["Offer"]):
    def pending(self) -> OfferQuerySet:
        return self.filter(state=OfferState.PENDING)

    def overdue(self) -> OfferQuerySet:
        return self.pending().filter(expires_at__lte=timezone.now())


class Offer(models.Model):
    """At most one pending offer per call and per agent: the database says so."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    call = models.ForeignKey(Call, models.CASCADE, related_name="offers")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="offers")
    state = models.CharField(max_length=12, choices=OfferState.choices, default=OfferState.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(
        Participant, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("call",), condition=Q(state="pending"), name="one_pending_offer_per_call"
            ),
            models.UniqueConstraint(
                fields=("agent",), condition=Q(state="pending"), name="one_pending_offer_per_agent"
            ),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.pk}"

    @property
    def is_invitation(self) -> bool:
        """To join a call that another agent has; else the call waits for an agent."""
        return self.invited_by_id is not None

    def settle(self, state: OfferState) -> bool:
        """Compare-and-swap out of pending; False when someone settled it first."""
        won = Offer.objects.filter(pk=self.pk, state=OfferState.PENDING).update(
            state=state, settled_at=timezone.now()
        )
        if won:
            self.state = state
        return bool(won)
