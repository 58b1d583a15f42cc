"""An agent invites a colleague into a customer's call. The colleague's desk rings as for any offer, with the reason."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import events
from calls.access import Party, invitable_by
from calls.actions.conference import tell_invitation
from calls.actions.errors import ActionError
from calls.actions.offers import offer_payload, pass_on
from calls.masking import typed
from calls.models import Call, Offer
from calls.models.call import ParticipantRole
from calls.models.offer import OfferState
from calls.states import TALKING

MOST_AGENTS = 4
REASON_LENGTH = 200


def invite(party: Party, colleague_id: int, reason: str) -> Offer:
    """Ring a colleague's desk. Raises ActionError: forbidden, wrong_state (the call does not run, somebody is being
    asked already), not_found (no such colleague, or not free).
    """
    _check_agent(party)
    try:
        with transaction.atomic():
            return _ring(party, colleague_id, reason)
    except IntegrityError:
        raise ActionError("wrong_state", _("Somebody is being asked already.")) from None


def _check_agent(party: Party) -> None:
    if party.participant.role != ParticipantRole.AGENT or party.participant.left_at is not None:
        raise ActionError("forbidden", _("Only an agent of the call may do this."))


def _ring(party: Party, colleague_id: int, reason: str) -> Offer:
    call = Call.objects.filter(status__in=TALKING).hold(party.call.pk)
    if call is None:
        raise ActionError("wrong_state", _("The call is not running."))
    if call.participants.present().filter(role=ParticipantRole.AGENT).count() >= MOST_AGENTS:
        raise ActionError("wrong_state", _("As many colleagues as possible are in this call."))
    user = party.participant.user
    colleague = invitable_by(user, call.pk).filter(pk=colleague_id).first() if user else None
    if colleague is None:
        raise ActionError("not_found", _("This colleague is not free now."))
    offer = Offer.objects.create(
        call=call,
        agent=colleague,
        invited_by=party.participant,
        reason=typed(reason, call.queue_id)[:REASON_LENGTH],
        expires_at=timezone.now() + timedelta(seconds=settings.OFFER_SECONDS),
    )
    events.wake_desk(colleague.pk, {"type": "offer-ringing", "offer": offer_payload(offer)})
    tell_invitation(offer, OfferState.PENDING.value)
    return offer


def withdraw(party: Party, offer_id: uuid.UUID) -> None:
    """Take an invitation back. Raises ActionError("not_found") for one of another call; one that is settled is no error."""
    _check_agent(party)
    own = Offer.objects.filter(pk=offer_id, call=party.call, invited_by__isnull=False)
    offer = own.select_related("call", "agent").first()
    if offer is None:
        raise ActionError("not_found", _("There is no such offer."))
    pass_on(offer, OfferState.WITHDRAWN)
