"""Several people of the house in one call: how one comes in, and how the others hear of it."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from calls import events
from calls.actions.calls import send_through_server
from calls.actions.listening import tell as tell_listeners
from calls.models import Call, Listening, Offer, Participant
from calls.models.call import ParticipantRole


def become_agent(call: Call, user: User, *, took_over: bool = False) -> Participant:
    """The user speaks in the call from now on, whatever they were in it before. The caller holds the call."""
    now = timezone.now()
    facts = {
        "role": ParticipantRole.AGENT,
        "name": user.public_name,
        "joined_at": now,
        "left_at": None,
        "lease_until": now,
        "put_out": False,
    }
    participant, _new = Participant.objects.update_or_create(call=call, user=user, defaults=facts)
    if Listening.objects.filter(participant=participant).end(took_over=took_over):
        tell_listeners(call)
    elif took_over:
        Listening.objects.create(
            call=call, participant=participant, user=user, started_at=now, ended_at=now, took_over=True
        )
    payload = {"peerId": str(participant.pk), "role": participant.role, "name": participant.name}
    events.emit(call, "peer-joined", payload)
    send_through_server(call)
    return participant


def tell_invitation(offer: Offer, state: str) -> None:
    """The agents in the call hear what became of an invitation; pages that come later read it in the snapshot."""
    message = {
        "type": "invitation",
        "callId": str(offer.call_id),
        **invitation_payload(offer),
        "state": state,
    }
    agents = Participant.objects.present().filter(call=offer.call_id, role=ParticipantRole.AGENT)
    for user_id in agents.exclude(user=None).values_list("user_id", flat=True):
        events.wake_desk(user_id, message)


def pending_invitation(call: Call) -> Offer | None:
    pending = Offer.objects.pending().filter(call=call, invited_by__isnull=False)
    return pending.select_related("agent").first()


def invitation_payload(offer: Offer) -> dict[str, str]:
    return {"offerId": str(offer.pk), "name": offer.agent.public_name}
