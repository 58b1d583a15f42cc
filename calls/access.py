"""Who may see and do what. Authorization is the query: what may not be seen is not found."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from calls.models import Call, Offer, Participant, Place, Queue
from calls.models.call import ParticipantRole


@dataclass(frozen=True, slots=True)
class Party:
    """A proven right to take part in one call."""

    call: Call
    participant: Participant

    @property
    def is_customer(self) -> bool:
        return self.participant.role == ParticipantRole.CUSTOMER


def customer_party(token: str) -> Party | None:
    """The call that this capability token opens, for its customer."""
    participant = (
        Participant.objects.filter(role=ParticipantRole.CUSTOMER, call__in=Call.objects.holding(token))
        .select_related("call__place", "call__queue")
        .first()
    )
    return Party(participant.call, participant) if participant else None


def staff_party(user: User, call_id: uuid.UUID) -> Party | None:
    """The user's own place in a call: only who was let in by an action has one."""
    participant = (
        Participant.objects.filter(user=user, user__is_active=True, call_id=call_id)
        .select_related("call__place", "call__queue", "user")
        .first()
    )
    return Party(participant.call, participant) if participant else None


def still_party(participant_id: uuid.UUID) -> bool:
    """Asked again before anything is delivered or done late: has the right been withdrawn?"""
    return (
        Participant.objects.present()
        .filter(pk=participant_id)
        .filter(Q(user=None) | Q(user__is_active=True))
        .exists()
    )


def may_hear(participant_id: uuid.UUID) -> bool:
    """A customer while the link is valid; staff while they are in the call, and after its end if they were in it then.

    Captions and the transcript still come when a call is over.
    """
    customer = Q(user=None, call__token_expires_at__gt=timezone.now())
    stayed = Q(left_at=None) | Q(left_at=F("call__ended_at"))
    return Participant.objects.filter(
        customer | (stayed & Q(user__is_active=True)), pk=participant_id
    ).exists()


def offers_of(user: User) -> QuerySet[Offer]:
    return Offer.objects.filter(agent=user).select_related("call__place", "call__queue")


def queues_watched_by(user: User) -> QuerySet[Queue]:
    """Queues whose waiting calls the user may know of: those that they serve; a supervisor those of the team."""
    if user.is_admin:
        return Queue.objects.all()
    own = Q(memberships__agent=user)
    if user.is_supervisor:
        own |= Q(team__in=user.teams.all())
    return Queue.objects.filter(own).distinct()


def waiting_for(user: User) -> QuerySet[Call]:
    """Waiting calls that an agent may know of."""
    return Call.objects.waiting().filter(queue__in=queues_watched_by(user)).select_related("place", "queue")


def places_of(user: User) -> QuerySet[Place]:
    """Places whose calls reach the user's teams; administrators all."""
    places = Place.objects.select_related("queue")
    return places if user.is_admin else places.filter(queue__team__in=user.teams.all()).distinct()
