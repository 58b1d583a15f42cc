"""What no page is left to do: run every few seconds by beat. Each step is safe to repeat and to run twice at once."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from calls.actions.calls import finish_call
from calls.actions.listening import stop_lost
from calls.actions.offers import assign_waiting, expire_offer
from calls.actions.presence import sweep_desks
from calls.actions.slices import sweep_slices
from calls.models import Call, Offer, Participant
from calls.models.call import ParticipantRole
from calls.states import CallStatus, EndReason


def sweep() -> None:
    sweep_desks()
    for offer_id in Offer.objects.overdue().values_list("pk", flat=True):
        expire_offer(offer_id)
    _drop_abandoned()
    _drop_disconnected()
    _drop_unconnected()
    stop_lost()
    sweep_slices()
    assign_waiting()


def _drop_abandoned() -> None:
    """Customers who wait for a person and did not come back within the grace period."""
    lost = Participant.objects.lost(_grace()).filter(role=ParticipantRole.CUSTOMER)
    ringing = Q(status__in=(CallStatus.INITIATING, CallStatus.RINGING))
    handed_over = Q(status=CallStatus.CONNECTING, person_wanted_at__isnull=False)
    for call in Call.objects.filter(ringing | handed_over, participants__in=lost):
        finish_call(call, EndReason.ABANDONED)


def _drop_disconnected() -> None:
    """Calls in which the customer, or every agent, has been gone for longer than the grace period."""
    lost = Participant.objects.lost(_grace())
    there = Participant.objects.exclude(pk__in=lost.values("pk"))
    agents = Q(participants__in=lost.filter(role=ParticipantRole.AGENT))
    alone = agents & ~Exists(there.filter(call=OuterRef("pk"), role=ParticipantRole.AGENT))
    gone = Q(participants__in=lost.filter(role=ParticipantRole.CUSTOMER)) | alone
    for call in Call.objects.filter(gone, status=CallStatus.IN_PROGRESS).distinct():
        finish_call(call, EndReason.DISCONNECTED)


def _drop_unconnected() -> None:
    """Accepted, but no sound ever flowed. Who waits for a person whom the assistant has asked for has not been accepted yet,
    and an agent who has only just come, from a hand-over or by taking over, has the whole time.
    """
    limit = timezone.now() - timedelta(seconds=settings.CONNECT_TIMEOUT_SECONDS)
    late = Call.objects.filter(
        status=CallStatus.CONNECTING, answered_at__lt=limit, person_wanted_at__isnull=True
    )
    agents = Participant.objects.filter(call=OuterRef("pk"), role=ParticipantRole.AGENT)
    for call in late.exclude(Exists(agents.filter(joined_at__gte=limit))):
        finish_call(call, EndReason.NOT_CONNECTED)


def _grace() -> timedelta:
    return timedelta(seconds=settings.GRACE_SECONDS)
