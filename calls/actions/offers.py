"""Offers: a waiting call is leased to one agent at a time, the longest idle first."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import offers_of
from calls.actions import assistants, conference
from calls.actions.calls import tell_state, unix_ms
from calls.actions.errors import ActionError
from calls.models import AgentStatus, Call, Offer, Participant, QueueMembership
from calls.models.call import ParticipantRole
from calls.models.offer import OfferState
from calls.queueing import Assignment, IdleAgent, WaitingCall, assign
from calls.signals import call_answered, call_taken_over
from calls.states import TALKING, CallStatus

PASSED = (OfferState.REJECTED, OfferState.EXPIRED)
REST_SECONDS = 15
"""How long a call is left alone after everyone has passed on it."""


def assign_waiting() -> list[Offer]:
    """Offer every waiting call that can be offered. Safe to call at any time, from any process."""
    calls = _waiting_calls()
    agents = _idle_agents() if calls else []
    return [offer for assignment in assign(calls, agents) if (offer := _lease(assignment))]


def _waiting_calls() -> list[WaitingCall]:
    """Calls with a customer at the other end and no offer ringing."""
    ringing = Offer.objects.pending().values("call")
    waiting = Call.objects.waiting().exclude(pk__in=ringing)
    rest_since = timezone.now() - timedelta(seconds=REST_SECONDS)
    passed: dict[uuid.UUID, set[int]] = {}
    restless: set[uuid.UUID] = set()
    earlier = Offer.objects.filter(call__in=waiting, state__in=PASSED)
    for call_id, agent_id, settled_at in earlier.values_list("call", "agent", "settled_at"):
        passed.setdefault(call_id, set()).add(agent_id)
        if settled_at and settled_at > rest_since:
            restless.add(call_id)
    return [
        WaitingCall(str(pk), queue_id, created_at, frozenset(passed.get(pk, ())), rested=pk not in restless)
        for pk, queue_id, created_at in waiting.values_list("pk", "queue_id", "created_at")
    ]


def _idle_agents() -> list[IdleAgent]:
    idle = dict(AgentStatus.objects.idle().values_list("agent_id", "idle_since"))
    serves: dict[int, set[int]] = {}
    for agent_id, queue_id in QueueMembership.objects.filter(agent__in=idle).values_list(
        "agent_id", "queue_id"
    ):
        serves.setdefault(agent_id, set()).add(queue_id)
    return [
        IdleAgent(agent_id, frozenset(serves.get(agent_id, ())), since) for agent_id, since in idle.items()
    ]


def _lease(assignment: Assignment) -> Offer | None:
    """The database decides between two processes that assign at once: one pending offer per call and per agent."""
    expires_at = timezone.now() + timedelta(seconds=settings.OFFER_SECONDS)
    try:
        with transaction.atomic():
            offer = Offer.objects.create(
                call_id=assignment.call_id, agent_id=assignment.agent_id, expires_at=expires_at
            )
            still_waits = Call.objects.waiting().filter(pk=assignment.call_id).exists()
            if not still_waits:
                offer.settle(OfferState.WITHDRAWN)
                return None
            events.wake_desk(assignment.agent_id, {"type": "offer-ringing", "offer": offer_payload(offer)})
            return offer
    except IntegrityError:
        return None


def offer_payload(offer: Offer) -> dict[str, Any]:
    """What the agent reads before answering."""
    call = offer.call
    now = timezone.now()
    return {
        "offerId": str(offer.pk),
        "callId": str(call.pk),
        "reference": call.reference,
        "name": call.customer_name,
        "topic": call.topic,
        "place": call.place.local_name,
        "language": call.language,
        "question": call.question,
        "contact": call.customer_contact,
        "waitedSeconds": round((now - call.created_at).total_seconds()),
        "expiresAt": unix_ms(offer.expires_at),
        "secondsLeft": max(0, round((offer.expires_at - now).total_seconds())),
        "previous": _previous_calls(call),
        "handover": call.handover,
        "invitation": _invitation(offer),
    }


def _invitation(offer: Offer) -> dict[str, str] | None:
    by = offer.invited_by
    return {"by": by.name, "reason": offer.reason} if by is not None else None


def _previous_calls(call: Call) -> int:
    if not call.customer_contact:
        return 0
    earlier = Call.objects.filter(
        customer_contact=call.customer_contact, queue=call.queue, created_at__lt=call.created_at
    )
    return earlier.count()


def accept_offer(user: User, offer_id: uuid.UUID) -> Call:
    """The agent takes the call: RINGING → CONNECTING, and the agent is a party of it.

    Raises ActionError("not_found") for an offer that is not the user's and ("offer_gone") when it has run out, was
    withdrawn, or another agent was faster.
    """
    offer = _own_offer(user, offer_id)
    try:
        with transaction.atomic():
            return _accept(user, offer)
    except _Lost:
        offer.settle(OfferState.WITHDRAWN)
        raise ActionError("offer_gone", _("This call has already gone to someone else.")) from None


class _Lost(Exception):
    """Another process was faster; the transaction is rolled back."""


def _accept(user: User, offer: Offer) -> Call:
    """The call is locked before its offer, as by who hangs up: else each could wait for the other."""
    if offer.is_invitation:
        return _join_colleague(user, offer)
    call = Call.objects.hold(offer.call_id)
    if call is None or offer.expires_at <= timezone.now() or not offer.settle(OfferState.ACCEPTED):
        raise _Lost
    now = timezone.now()
    handed_over = call.state in TALKING
    if not (assistants.person_comes(call) if handed_over else _answer(call, now)):
        raise _Lost
    participant = Participant.objects.create(
        call=call, role=ParticipantRole.AGENT, user=user, name=user.public_name
    )
    payload = {"peerId": str(participant.pk), "role": participant.role, "name": participant.name}
    events.emit(call, "peer-joined", payload)
    tell_state(call)
    events.wake_desk(
        user.pk, {"type": "offer-ended", "offerId": str(offer.pk), "reason": OfferState.ACCEPTED.value}
    )
    events.wake_queue(call.queue_id)
    told = call_taken_over if handed_over else call_answered
    transaction.on_commit(partial(told.send_robust, sender=Call, call_id=call.pk), robust=True)
    return call


def _join_colleague(user: User, offer: Offer) -> Call:
    """The third in a call that goes on. Whoever has invited may have left it meanwhile: then this one has the call."""
    call = Call.objects.filter(status__in=TALKING).hold(offer.call_id)
    if call is None or offer.expires_at <= timezone.now() or not offer.settle(OfferState.ACCEPTED):
        raise _Lost
    conference.become_agent(call, user)
    conference.tell_invitation(offer, OfferState.ACCEPTED.value)
    tell_state(call)
    events.wake_desk(
        user.pk, {"type": "offer-ended", "offerId": str(offer.pk), "reason": OfferState.ACCEPTED.value}
    )
    return call


def _answer(call: Call, now: datetime) -> bool:
    return call.state is CallStatus.RINGING and call.move(CallStatus.CONNECTING, answered_at=now)


def reject_offer(user: User, offer_id: uuid.UUID) -> None:
    """Pass the call on. Passing on an offer that is gone already is no error."""
    pass_on(_own_offer(user, offer_id), OfferState.REJECTED)


def expire_offer(offer_id: uuid.UUID) -> None:
    """Time ran out; called by the ringing desk's timer and by the sweep, whichever comes first."""
    offer = Offer.objects.overdue().filter(pk=offer_id).select_related("call").first()
    if offer is not None:
        pass_on(offer, OfferState.EXPIRED)


def withdraw_offers_of(user_id: int) -> None:
    """The agent can no longer answer (page died, went away): the next one is asked at once."""
    for offer in Offer.objects.pending().filter(agent_id=user_id).select_related("call"):
        pass_on(offer, OfferState.WITHDRAWN)


def pass_on(offer: Offer, state: OfferState) -> None:
    """Settle an offer that was not accepted; nothing when it is settled already."""
    with transaction.atomic():
        if not offer.settle(state):
            return
        message = {"type": "offer-ended", "offerId": str(offer.pk), "reason": state.value}
        events.wake_desk(offer.agent_id, message)
        if offer.is_invitation:
            conference.tell_invitation(offer, state.value)
    assign_waiting()


def _own_offer(user: User, offer_id: uuid.UUID) -> Offer:
    offer = offers_of(user).filter(pk=offer_id).first()
    if offer is None:
        raise ActionError("not_found", _("There is no such offer."))
    return offer
