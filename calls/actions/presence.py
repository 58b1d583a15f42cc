"""Who is there: agents' own state, leases of desk pages, leases of the parties of a call."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.access import Party, may_hear, offers_of, still_parties, waiting_for
from calls.actions.calls import unix_ms
from calls.actions.errors import ActionError
from calls.actions.offers import assign_waiting, offer_payload, withdraw_offers_of
from calls.actions.presence_leases import tell_status
from calls.models import AgentStatus, Call, DeskSession, Participant, QueueMembership
from calls.models.agents import AgentState
from calls.states import ACTIVE


def set_state(user: User, state: str) -> None:
    """What the agent says of themselves. Leaving `available` gives a ringing offer to the next one."""
    if state not in AgentState.values:
        raise ActionError("malformed", _("There is no such state."))
    now = timezone.now()
    status, _created = AgentStatus.objects.get_or_create(agent=user)
    if status.state == state:
        return
    with transaction.atomic():
        AgentStatus.objects.filter(agent=user).update(state=state, since=now, idle_since=now)
        tell_presence(user)
    if state == AgentState.AVAILABLE:
        assign_waiting()
    else:
        withdraw_offers_of(user.pk)


def become_idle(user_id: int, now: datetime) -> None:
    """A call is over: the agent goes to the end of the line."""
    AgentStatus.objects.filter(agent_id=user_id).update(idle_since=now)


def open_desk(user: User) -> DeskSession:
    """A desk page is open; its lease must be renewed."""
    AgentStatus.objects.get_or_create(agent=user)
    first = not DeskSession.objects.live().filter(user=user).exists()
    session = DeskSession.objects.create(user=user, expires_at=_desk_expiry())
    if first:
        tell_presence(user)
        assign_waiting()
    return session


def renew_desk(session_id: uuid.UUID) -> bool:
    """False when the page has no right to go on: the account is gone or its lease was cleared."""
    return bool(renew_desks([session_id], timezone.now()))


def renew_desks(session_ids: Collection[uuid.UUID], heard_at: datetime) -> set[uuid.UUID]:
    """The pages were heard then. Returns those that have a right to go on."""
    sessions = DeskSession.objects.filter(pk__in=session_ids, user__is_active=True)
    if sessions.update(expires_at=_desk_expiry(heard_at)) == len(session_ids):
        return set(session_ids)
    return set(sessions.values_list("pk", flat=True))


def close_desk(session_id: uuid.UUID) -> None:
    """The page is gone. With the agent's last page their ringing offer goes to the next one."""
    session = DeskSession.objects.filter(pk=session_id).select_related("user").first()
    if session is None:
        return
    session.delete()
    _after_page_gone(session.user)


def sweep_desks() -> int:
    """Leases that ran out: pages that died without a word. Returns how many."""
    expired = list(DeskSession.objects.expired().select_related("user"))
    for session in expired:
        if DeskSession.objects.expired().filter(pk=session.pk).delete()[0]:
            _after_page_gone(session.user)
    return len(expired)


def _after_page_gone(user: User) -> None:
    if DeskSession.objects.live().filter(user=user).exists():
        return
    withdraw_offers_of(user.pk)
    tell_presence(user)


def _desk_expiry(heard_at: datetime | None = None) -> datetime:
    return (heard_at or timezone.now()) + timedelta(seconds=settings.DESK_LEASE_SECONDS)


def tell_presence(user: User) -> None:
    """The agent's own pages and everyone who shares a queue; customers hear how many are on duty."""
    events.wake_desk(user.pk)
    tell_status(user)
    for queue_id in QueueMembership.objects.filter(agent=user).values_list("queue_id", flat=True):
        events.wake_queue(queue_id)


def party_connected(party: Party) -> None:
    """A party's page has joined; if it had been away the others hear that it is back."""
    was_away = party.participant.lease_until < timezone.now() and not party.is_listener
    renew_party(party.participant.pk)
    if was_away:
        message = {
            "type": "peer-reconnected",
            "callId": str(party.call.pk),
            "peerId": str(party.participant.pk),
        }
        events.relay(party.call.pk, message, skip=str(party.participant.pk))


def renew_party(participant_id: uuid.UUID) -> bool:
    """False when the right to take part was withdrawn or the party has left."""
    return bool(_renew_present([participant_id], timezone.now()))


def renew_parties(participant_ids: Collection[uuid.UUID], heard_at: datetime) -> set[uuid.UUID]:
    """The pages were heard then. Returns those that may go on taking part, or at least go on hearing when the call is over."""
    wanted = set(participant_ids)
    if _renew_present(wanted, heard_at) == len(wanted):
        return wanted
    return wanted & (still_parties(wanted) | may_hear(wanted))


def _renew_present(participant_ids: Collection[uuid.UUID], heard_at: datetime) -> int:
    until = heard_at + timedelta(seconds=settings.PARTICIPANT_LEASE_SECONDS)
    entitled = still_parties(participant_ids)
    return Participant.objects.present().filter(pk__in=entitled).update(lease_until=until)


def party_disconnected(party: Party) -> None:
    """A party's socket is gone. It may come back within the grace period; the others hear of it at once."""
    Participant.objects.present().filter(pk=party.participant.pk).update(lease_until=timezone.now())
    message = {"type": "peer-disconnected", "callId": str(party.call.pk), "peerId": str(party.participant.pk)}
    events.relay(party.call.pk, message, skip=str(party.participant.pk))


def desk_snapshot(user: User) -> dict[str, Any]:
    """Everything a desk page shows before its first event."""
    status, _created = AgentStatus.objects.get_or_create(agent=user)
    offer = offers_of(user).filter(state="pending", expires_at__gt=timezone.now()).first()
    return {
        "state": status.state,
        "since": unix_ms(status.since),
        "onCall": current_call_id(user),
        "offer": offer_payload(offer) if offer else None,
        "waiting": waiting_payload(user),
        "colleagues": colleagues_payload(user),
    }


def current_call_id(user: User) -> str | None:
    """Where the user speaks. Who listens does so on a page of its own."""
    speaking = Participant.objects.present().speaking()
    participant = speaking.filter(user=user, call__status__in=ACTIVE).first()
    return str(participant.call_id) if participant else None


def waiting_payload(user: User) -> list[dict[str, Any]]:
    now = timezone.now()
    return [_waiting_row(call, now) for call in waiting_for(user)[:100]]


def _waiting_row(call: Call, now: datetime) -> dict[str, Any]:
    return {
        "callId": str(call.pk),
        "reference": call.reference,
        "name": call.customer_name,
        "topic": call.topic,
        "place": call.place.local_name,
        "language": call.language,
        "since": unix_ms(call.created_at),
        "late": (now - call.created_at).total_seconds() > call.queue.target_seconds,
        "targetSeconds": call.queue.target_seconds,
    }


def colleagues_payload(user: User) -> list[dict[str, Any]]:
    """Those who share a queue or a team with the user, with what they do now."""
    colleagues = User.objects.get_queryset().active().visible_to(user).exclude(pk=user.pk)
    reachable = set(AgentStatus.objects.reachable().values_list("agent_id", flat=True))
    busy = set(
        Participant.objects.present()
        .filter(user__in=colleagues, call__status__in=ACTIVE)
        .values_list("user_id", flat=True)
    )
    statuses = AgentStatus.objects.filter(agent__in=colleagues).select_related("agent")
    return [
        {
            "userId": status.agent_id,
            "name": status.agent.name,
            "state": status.state if status.agent_id in reachable else AgentState.OFFLINE.value,
            "onCall": status.agent_id in busy,
            "since": unix_ms(status.since),
        }
        for status in statuses.order_by("agent__name")
    ]
