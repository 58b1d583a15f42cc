"""What a page gets when it joins. A snapshot plus the later events equals a fresh snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, DurationField, ExpressionWrapper, F
from django.utils import timezone, translation

from calls.access import Party
from calls.actions.calls import state_payload, unix_ms
from calls.actions.conference import invitation_payload, pending_invitation
from calls.actions.listening import told_to as listening_told_to
from calls.models import AgentStatus, Call, CallEvent
from calls.models.agents import AgentState
from calls.models.call import ParticipantRole
from calls.queueing import estimate_seconds
from calls.states import CallStatus
from config.helpers.context import organisation_name

USUAL_HANDLING_SECONDS = 240.0
"""Until today's calls say otherwise."""


def snapshot(call: Call, *, for_staff: bool) -> dict[str, Any]:
    """The `call` of docs/websocket.md, in the call's language."""
    with translation.override(call.language):
        place, organisation = call.place.local_name, organisation_name()
    customer: dict[str, str] = {"name": call.customer_name}
    if for_staff:
        customer |= {"contact": call.customer_contact, "question": call.question}
    told = {"handover": call.handover, "invitation": _invitation(call)} if for_staff else {}
    return {
        **told,
        **state_payload(call),
        "callId": str(call.pk),
        "reference": call.reference,
        "number": call.number,
        "source": call.source,
        "mediaPath": call.media_path,
        "directFiles": call.queue.hands_files_over,
        "language": call.language,
        "topic": call.topic,
        "place": place,
        "organisation": organisation,
        "createdAt": unix_ms(call.created_at),
        "customer": customer,
        "queue": queue_payload(call),
    }


def _invitation(call: Call) -> dict[str, str] | None:
    """The colleague who is being asked into the call."""
    offer = pending_invitation(call)
    return invitation_payload(offer) if offer else None


def queue_payload(call: Call) -> dict[str, Any] | None:
    """Where a waiting customer stands; None when the call no longer waits."""
    if call.state is not CallStatus.RINGING:
        return None
    ahead = Call.objects.waiting().filter(queue=call.queue, created_at__lt=call.created_at).count()
    on_duty = agents_on_duty(call.queue_id)
    return {
        "position": ahead,
        "agentsOnDuty": on_duty,
        "estimateSeconds": estimate_seconds(ahead, on_duty, mean_handling_seconds(call.queue_id)),
    }


def agents_on_duty(queue_id: int) -> int:
    """Reachable agents of the queue who have not gone away; those on a call count, they will be free."""
    return (
        AgentStatus.objects.reachable()
        .filter(
            agent__queue_memberships__queue_id=queue_id, state=AgentState.AVAILABLE, agent__is_active=True
        )
        .count()
    )


def mean_handling_seconds(queue_id: int) -> float:
    since = timezone.now() - timedelta(hours=8)
    handled = Call.objects.filter(queue_id=queue_id, status=CallStatus.ENDED, ended_at__gt=since)
    length = ExpressionWrapper(F("ended_at") - F("answered_at"), output_field=DurationField())
    mean: timedelta | None = handled.aggregate(mean=Avg(length))["mean"]
    return max(mean.total_seconds(), 30.0) if mean else USUAL_HANDLING_SECONDS


def participants_payload(call: Call, role: str) -> list[dict[str, Any]]:
    """Those whom `role` may know of. `connected` follows from the lease of the party's page."""
    now = timezone.now()
    return [
        {
            "peerId": str(participant.pk),
            "role": participant.role,
            "name": participant.name,
            "connected": participant.lease_until > now,
        }
        for participant in call.participants.present()
        if participant.role != ParticipantRole.SUPERVISOR or role in listening_told_to(call)
    ]


def missed_events(call: Call, since: int, role: str) -> list[dict[str, Any]]:
    """Stored events after `since`, in order, as the wire has them for a party of this role."""
    events = CallEvent.objects.filter(call=call, seq__gt=since).order_by("seq")
    return [event_message(event, role) for event in events]


def event_message(event: CallEvent, role: str) -> dict[str, Any]:
    """An event keeps its number where what it tells is not for this role."""
    payload = event.payload
    if event.type == "listening":
        payload = {"listeners": payload["listeners"] if role in payload["told"] else []}
    return {
        **payload,
        "type": event.type,
        "callId": str(event.call_id),
        "seq": event.seq,
        "at": unix_ms(event.at),
    }


def joined_payload(party: Party, since: int) -> dict[str, Any]:
    """Everything of `joined` but `rtc` and `captions`, which the edge adds."""
    call = party.call
    call.refresh_from_db()
    # What is stored from here on is told after the snapshot: the snapshot may know a part of it, but not all.
    return {
        "callId": str(call.pk),
        "sessionId": str(call.pk),
        "peerId": str(party.participant.pk),
        "role": party.participant.role,
        "seq": call.last_seq,
        "call": snapshot(call, for_staff=not party.is_customer),
        "participants": participants_payload(call, party.participant.role),
        "graceSeconds": settings.GRACE_SECONDS,
        "events": [
            event
            for event in missed_events(call, since, party.participant.role)
            if event["seq"] <= call.last_seq
        ],
    }
