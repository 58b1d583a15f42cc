"""A supervisor takes a running call over: from the assistant, or from the agent who has it."""

from __future__ import annotations

import uuid
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.actions.calls import tell_state, withdraw_offers
from calls.actions.conference import become_agent
from calls.actions.errors import ActionError
from calls.actions.listening import check_free
from calls.actions.offers import assign_waiting, withdraw_offers_of
from calls.actions.presence import become_idle
from calls.models import Call, Participant
from calls.models.call import ParticipantRole
from calls.signals import call_taken_over


def take_over(user: User, call_id: uuid.UUID, holder_id: uuid.UUID) -> Call:
    """The call that `holder_id` has becomes the supervisor's; the customer keeps it.

    Raises ActionError("not_found") for a call that is not theirs to supervise or does not run, ("wrong_state") for who
    speaks in a call, and ("offer_gone") when somebody else has it by now.
    """
    with transaction.atomic():
        call = Call.objects.supervised_by(user).hold(call_id)
        if call is None:
            raise ActionError("not_found", _("There is no such call running."))
        check_free(user)
        holder = _holder(call, holder_id)
        supervisor = become_agent(call, user, took_over=True)
        if holder.role == ParticipantRole.ASSISTANT:
            _leave_to_person(call)
        else:
            for agent in call.participants.present().filter(role=ParticipantRole.AGENT).exclude(user=user):
                _put_out(agent, supervisor)
        tell_state(call)
    # Not under the call's lock: offers of other calls are among them.
    withdraw_offers(call)
    withdraw_offers_of(user.pk)
    assign_waiting()
    return call


def _holder(call: Call, holder_id: uuid.UUID) -> Participant:
    """Who has the call, if it still is the one whom the supervisor saw there."""
    there = list(call.participants.present().speaking().exclude(role=ParticipantRole.CUSTOMER))
    agents = [one for one in there if one.role == ParticipantRole.AGENT]
    for one in agents or there:  # an assistant that is leaving has nothing any more
        if one.pk == holder_id:
            return one
    raise ActionError("offer_gone", _("Someone else has this call by now."))


def _leave_to_person(call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(person_wanted_at=None)
    call.person_wanted_at = None
    transaction.on_commit(partial(call_taken_over.send_robust, sender=Call, call_id=call.pk), robust=True)


def _put_out(agent: Participant, by: Participant) -> None:
    now = timezone.now()
    Participant.objects.filter(pk=agent.pk).update(left_at=now, lease_until=now, put_out=True)
    events.emit(agent.call, "peer-left", {"peerId": str(agent.pk), "role": agent.role})
    if agent.user_id is not None:
        become_idle(agent.user_id, now)
        told = {"type": "call-taken-over", "callId": str(agent.call_id), "by": by.name}
        events.wake_desk(agent.user_id, told)
        events.wake_desk(agent.user_id)
