"""The assistant as a party of a call: it answers, asks for a person, and leaves. What it says is not decided here."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import events
from calls.access import Party
from calls.actions.calls import tell_state, withdraw_offers
from calls.actions.errors import ActionError
from calls.models import Call, Participant
from calls.models.call import ParticipantRole
from calls.signals import call_answered, key_pressed
from calls.states import TALKING, CallStatus


@transaction.atomic
def take_call(call: Call, name: str) -> Participant | None:
    """RINGING → CONNECTING with the assistant as the other party; None when somebody was faster.

    Its sound comes from the media server, so the call goes that way from the beginning.
    """
    if call.state is not CallStatus.RINGING:
        return None
    if not call.move(CallStatus.CONNECTING, answered_at=timezone.now(), media_path="relayed"):
        return None
    withdraw_offers(call)
    participant = Participant.objects.create(
        call=call,
        role=ParticipantRole.ASSISTANT,
        name=name,
        # No page renews it: it is there until it leaves.
        lease_until=timezone.now() + timedelta(days=1),
    )
    events.emit(
        call,
        "peer-joined",
        {"peerId": str(participant.pk), "role": participant.role, "name": participant.name},
    )
    events.emit(call, "path-changed", {"path": "relayed"})
    tell_state(call)
    events.wake_queue(call.queue_id)
    transaction.on_commit(partial(call_answered.send_robust, sender=Call, call_id=call.pk), robust=True)
    return participant


def want_person(call: Call, handover: dict[str, Any]) -> bool:
    """The call waits for a person while the assistant stays. `handover` holds masked words only. False: it waits
    already, or a person has taken it over.
    """
    with transaction.atomic():
        alone = Call.objects.filter(status__in=TALKING, person_wanted_at=None).hold(call.pk)
        if alone is None or alone.participants.present().filter(role=ParticipantRole.AGENT).exists():
            return False
        Call.objects.filter(pk=call.pk).update(person_wanted_at=timezone.now(), handover=handover)
        tell_state(call)
        events.wake_queue(call.queue_id)
    from calls.actions.offers import assign_waiting

    assign_waiting()
    return True


def person_comes(call: Call) -> bool:
    """The first to take a call that is handed over; False for everybody after."""
    wanted = Call.objects.filter(pk=call.pk, status__in=TALKING, person_wanted_at__isnull=False)
    return bool(wanted.update(person_wanted_at=None))


def press_key(party: Party, key: str) -> None:
    """The customer presses instead of speaking. Raises ActionError("wrong_state") when no assistant is there."""
    assistant = party.call.participants.present().filter(role=ParticipantRole.ASSISTANT)
    if not party.is_customer or not assistant.exists():
        raise ActionError("wrong_state", _("The automatic assistant is not in this call."))
    key_pressed.send_robust(sender=Call, call_id=party.call.pk, key=key)


@transaction.atomic
def leave(participant: Participant) -> None:
    """A person is there; to leave twice is no error."""
    now = timezone.now()
    if Participant.objects.present().filter(pk=participant.pk).update(left_at=now, lease_until=now):
        payload = {"peerId": str(participant.pk), "role": participant.role}
        events.emit(participant.call, "peer-left", payload)
