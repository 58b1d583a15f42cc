"""A supervisor listens into a running call: let in, told of, written down, and out again. Listeners send nothing."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from calls import events
from calls.actions.errors import ActionError
from calls.models import Call, Listening, Participant
from calls.models.call import ParticipantRole
from calls.models.place import ListeningTold
from calls.states import ACTIVE

FIRST_LEASE_SECONDS = 25
"""The page has so long to come."""


def listen(user: User, call_id: uuid.UUID) -> Participant:
    """Let a supervisor in to hear. To be in already is no error.

    Raises ActionError("not_found") for a call that is not theirs to supervise or does not run, and ("wrong_state") for
    who speaks in it or in another one.
    """
    with transaction.atomic():
        call = Call.objects.supervised_by(user).hold(call_id)
        if call is None:
            raise ActionError("not_found", _("There is no such call running."))
        check_free(user)
        until = timezone.now() + timedelta(seconds=FIRST_LEASE_SECONDS)
        facts = {"role": ParticipantRole.SUPERVISOR, "name": user.name, "lease_until": until}
        participant, _new = Participant.objects.get_or_create(call=call, user=user, defaults=facts)
        if participant.role != ParticipantRole.SUPERVISOR:
            raise ActionError("wrong_state", _("You have spoken in this call yourself."))
        Participant.objects.filter(pk=participant.pk).update(left_at=None, lease_until=until)
        _begin(participant)
    return participant


def check_free(user: User) -> None:
    """Raises ActionError("wrong_state") for who speaks in a call."""
    speaking = Participant.objects.present().speaking().filter(user=user, call__status__in=ACTIVE)
    if speaking.exists():
        raise ActionError("wrong_state", _("You are in a call. End it first."))


def come_back(participant: Participant) -> None:
    """The page is back: this is a time of its own."""
    with transaction.atomic():
        if Call.objects.filter(status__in=ACTIVE).hold(participant.call_id) is not None:
            Participant.objects.filter(pk=participant.pk).update(left_at=None)
            _begin(participant)


def stop(participant: Participant) -> None:
    """Out again: the page is closed or gone. To stop twice is no error."""
    now = timezone.now()
    with transaction.atomic():
        Call.objects.hold(participant.call_id)
        own = Participant.objects.present().filter(pk=participant.pk, role=ParticipantRole.SUPERVISOR)
        if own.update(left_at=now, lease_until=now):
            Listening.objects.filter(participant=participant).end()
            tell(participant.call)


def stop_lost() -> None:
    """Listeners whose pages have died without a word."""
    lost = Participant.objects.present().filter(role=ParticipantRole.SUPERVISOR, call__status__in=ACTIVE)
    for participant in lost.lost(timedelta(seconds=settings.PARTICIPANT_LEASE_SECONDS)).select_related(
        "call__queue"
    ):
        stop(participant)


def _begin(participant: Participant) -> None:
    fresh = {"call_id": participant.call_id, "user_id": participant.user_id}
    _row, new = Listening.objects.get_or_create(participant=participant, ended_at=None, defaults=fresh)
    if new:
        tell(participant.call)


def tell(call: Call) -> None:
    """Who listens now. The event is stored for all; whom the queue does not tell gets it without names."""
    listeners = call.participants.present().filter(role=ParticipantRole.SUPERVISOR)
    told = [{"peerId": str(one.pk), "name": one.name} for one in listeners]
    events.emit(call, "listening", {"listeners": told, "told": told_to(call)})


def told_to(call: Call) -> list[str]:
    """The roles that may know of listeners; listeners know of each other."""
    return [ParticipantRole.SUPERVISOR.value, *ListeningTold(call.queue.listening_told).roles]
