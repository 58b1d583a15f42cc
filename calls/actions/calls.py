"""The life of a call: placed, answered, connected, ended, rated."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Team
from calls import events
from calls.access import Party
from calls.actions import listening
from calls.actions.errors import ActionError
from calls.masking import seen, typed
from calls.models import Call, Listening, Offer, Participant, Place
from calls.models.call import CallSource, ParticipantRole, hash_token
from calls.models.offer import OfferState
from calls.models.place import MediaPath
from calls.signals import call_finished, call_placed
from calls.states import ACTIVE, TALKING, CallStatus, EndReason, finish_of

NUMBER_ATTEMPTS = 8
PLAIN_CONTACT = re.compile(r"[\d\s()+./-]*|[\w.+-]+@[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    name: str = ""
    contact: str = ""
    topic: str = ""
    question: str = ""
    language: str = "ko"
    consented: bool = False


def place_call(
    place: Place, customer: CustomerDetails, *, source: CallSource = CallSource.PAGE
) -> tuple[Call, str]:
    """A customer calls a place. Returns the call, RINGING, and the capability token: it is told here and never again."""
    token = secrets.token_urlsafe(32)
    customer = _masked(place, customer)
    for attempt in range(NUMBER_ATTEMPTS):
        try:
            call = _create(place, customer, source, token)
            break
        except IntegrityError:  # two customers took the same number of the day
            if attempt == NUMBER_ATTEMPTS - 1:
                raise
    from calls.actions.offers import assign_waiting

    call_placed.send_robust(sender=Call, call_id=call.pk)
    assign_waiting()
    return call, token


def _masked(place: Place, customer: CustomerDetails) -> CustomerDetails:
    """What is kept of what a customer typed. The words as they were are kept nowhere: nothing needs them.

    A number or an address to call back is not hidden from staff, and a topic that the place offers is not the customer's.
    """
    offered = any(customer.topic == value for value, _label in place.topic_choices())
    return replace(
        customer,
        name=_kept(place.queue_id, "customer_name", customer.name),
        contact=_kept_contact(place.queue_id, customer.contact),
        topic=customer.topic if offered else _kept(place.queue_id, "topic", customer.topic),
        question=_kept(place.queue_id, "question", customer.question),
    )


def _kept(queue_id: int, field: str, text: str) -> str:
    return _fitting(field, typed(text, queue_id))


def _kept_contact(queue_id: int, contact: str) -> str:
    """Abuse is hidden, unless the whole is what somebody can be called back at: a name in an address may look like it."""
    if PLAIN_CONTACT.fullmatch(contact):
        return contact
    return _fitting("customer_contact", seen(contact, queue_id).text)


def _fitting(field: str, text: str) -> str:
    """A mask may be longer than what it hides."""
    return text[: Call._meta.get_field(field).max_length]  # type: ignore[union-attr] # each is a column of text


@transaction.atomic
def _create(place: Place, customer: CustomerDetails, source: CallSource, token: str) -> Call:
    now = timezone.now()
    day = timezone.localdate(now)
    highest = Call.objects.filter(day=day).aggregate(Max("number"))["number__max"] or 0
    call = Call.objects.create(
        day=day,
        number=highest + 1,
        place=place,
        queue=place.queue,
        status=CallStatus.INITIATING,
        source=source,
        language=customer.language,
        customer_name=customer.name,
        customer_contact=customer.contact,
        topic=customer.topic,
        question=customer.question,
        consented_at=now if customer.consented else None,
        token_hash=hash_token(token),
        media_path="relayed" if place.media_path == MediaPath.RELAYED else "direct",
        created_at=now,
    )
    Participant.objects.create(call=call, role=ParticipantRole.CUSTOMER, name=customer.name)
    call.move(CallStatus.RINGING)
    tell_state(call)
    events.wake_queue(call.queue_id)
    return call


@transaction.atomic
def mark_connected(party: Party, path: str) -> None:
    """Sound flows for one side. The first to say so moves the call to IN_PROGRESS; saying it again is no error.

    Raises ActionError("wrong_state") when nobody has accepted the call yet or it is over.
    """
    call = party.call
    call.refresh_from_db()
    if call.state not in TALKING:
        raise ActionError("wrong_state", _("The call is not being connected."))
    if call.state is CallStatus.CONNECTING and call.move(
        CallStatus.IN_PROGRESS, actor=party.participant, connected_at=timezone.now(), media_path=path
    ):
        tell_state(call)


@transaction.atomic
def use_relayed_path(party: Party) -> None:
    """The direct path did not come about: everyone sends and receives through the media server from now on."""
    send_through_server(party.call)


def send_through_server(call: Call) -> None:
    changed = Call.objects.filter(pk=call.pk, status__in=TALKING).exclude(media_path="relayed")
    if changed.update(media_path="relayed"):
        events.emit(call, "path-changed", {"path": "relayed"})


def end_call(party: Party) -> None:
    """A party hangs up: ENDED once sound flowed, FAILED before. Ending an ended call is no error."""
    waiting = party.call.answered_at is None and party.is_customer
    reason = EndReason.ABANDONED if waiting else EndReason.HANG_UP
    finish_call(party.call, reason, actor=party.participant)


def finish_call(call: Call, reason: EndReason, *, actor: Participant | None = None) -> bool:
    """Stop the call wherever it stands; False when it was over already."""
    for _attempt in range(3):  # the state may move between reading and swapping; it moves at most twice more
        call.refresh_from_db()
        wanted = finish_of(call.state)
        if wanted is None:
            return False
        if _finish(call, wanted, reason, actor):
            from calls.actions.offers import assign_waiting

            assign_waiting()
            return True
    return False


@transaction.atomic
def _finish(call: Call, wanted: CallStatus, reason: EndReason, actor: Participant | None) -> bool:
    now = timezone.now()
    if not call.move(wanted, reason=reason.value, actor=actor, ended_at=now, end_reason=reason.value):
        return False
    withdraw_offers(call)
    _free_agents(call, now)
    call.participants.present().update(left_at=now)
    Listening.objects.filter(call=call).end()
    tell_state(call)
    events.wake_queue(call.queue_id)
    if call.answered_at is not None:
        transaction.on_commit(partial(call_finished.send_robust, sender=Call, call_id=call.pk), robust=True)
    return True


def withdraw_offers(call: Call) -> None:
    for offer in Offer.objects.pending().filter(call=call):
        if offer.settle(OfferState.WITHDRAWN):
            events.wake_desk(
                offer.agent_id,
                {"type": "offer-ended", "offerId": str(offer.pk), "reason": OfferState.WITHDRAWN.value},
            )


def _free_agents(call: Call, now: datetime) -> None:
    from calls.actions.presence import become_idle

    for user_id in call.participants.present().filter(user__isnull=False).values_list("user_id", flat=True):
        become_idle(user_id, now)


def leave_call(party: Party) -> None:
    """A party leaves while the others go on. Without its customer or its agents a call is over after the grace period."""
    if party.is_listener:
        listening.stop(party.participant)
        return
    _leave(party)
    if party.participant.user_id is not None:
        from calls.actions.offers import assign_waiting

        assign_waiting()


@transaction.atomic
def _leave(party: Party) -> None:
    now = timezone.now()
    if not Participant.objects.present().filter(pk=party.participant.pk).update(left_at=now, lease_until=now):
        return
    participant = party.participant
    events.emit(party.call, "peer-left", {"peerId": str(participant.pk), "role": participant.role})
    if participant.user_id is not None:
        from calls.actions.presence import become_idle

        become_idle(participant.user_id, now)
        events.wake_desk(participant.user_id)
        _tell_teams([participant.user_id])
        tell_state(party.call)  # a colleague may have the call now


@transaction.atomic
def return_to_call(party: Party) -> bool:
    """Who left a call that still goes on comes back into it; False when there was nothing to do."""
    participant = party.participant
    if party.is_listener:
        listening.come_back(participant)
        return False
    gone = Participant.objects.filter(pk=participant.pk, left_at__isnull=False, call__status__in=ACTIVE)
    if not gone.update(left_at=None):
        return False
    participant.left_at = None
    payload = {"peerId": str(participant.pk), "role": participant.role, "name": participant.name}
    events.emit(party.call, "peer-joined", payload)
    if participant.user_id is not None:
        events.wake_desk(participant.user_id)
        _tell_teams([participant.user_id])
    return True


def rate_call(call: Call, rating: int, comment: str = "") -> None:
    """The customer's word afterwards, masked; it may be changed while the link is valid.

    Raises ActionError("wrong_state") while the call goes on.
    """
    if call.is_active:
        raise ActionError("wrong_state", _("The call is not over yet."))
    Call.objects.filter(pk=call.pk).update(
        rating=rating, rating_comment=_kept(call.queue_id, "rating_comment", comment)
    )
    events.wake(events.TEAM_BOARD, {"type": "board.wake"})


def tell_state(call: Call) -> None:
    """Tell everyone in the call, and the desks concerned, where it stands."""
    events.emit(call, "call-state", partial(state_payload, call))
    staff = list(call.participants.filter(user__isnull=False).values_list("user_id", flat=True))
    for user_id in staff:
        events.wake_desk(user_id)
    _tell_teams(staff)
    events.wake(events.TEAM_BOARD, {"type": "board.wake"})


def _tell_teams(staff: list[int]) -> None:
    """Colleagues see who is in a call."""
    if staff:
        for team_id in Team.objects.filter(members__in=staff).values_list("pk", flat=True).distinct():
            events.wake(events.team_group(team_id), {"type": "team.wake"})


def state_payload(call: Call) -> dict[str, Any]:
    return {
        "status": call.status,
        "reason": call.end_reason,
        "answeredAt": unix_ms(call.answered_at),
        "connectedAt": unix_ms(call.connected_at),
        "endedAt": unix_ms(call.ended_at),
        "agent": agent_payload(call),
        "personWanted": call.person_wanted_at is not None,
    }


def agent_payload(call: Call) -> dict[str, Any] | None:
    """Who answers, as the customer may read it: a person, or (said plainly) the assistant."""
    participant = answering(call)
    if participant is None:
        return None
    if participant.role == ParticipantRole.ASSISTANT:
        return {"name": participant.name, "department": "", "assistant": True}
    department = participant.user.department if participant.user else ""
    return {"name": participant.name, "department": department}


def answering(call: Call) -> Participant | None:
    """Who has the call, or had it at its end: a person before the assistant, who stayed before who has left, and of
    several the first.
    """
    roles = (ParticipantRole.AGENT, ParticipantRole.ASSISTANT)
    stayed = (None, call.ended_at)
    found = call.participants.filter(role__in=roles).select_related("user").order_by("joined_at")
    order = [
        (one.role != ParticipantRole.AGENT, one.left_at not in stayed, at) for at, one in enumerate(found)
    ]
    return found[min(order)[2]] if order else None


def unix_ms(instant: datetime | None) -> int | None:
    return round(instant.timestamp() * 1000) if instant else None
