"""Which media node carries a call or a room: claimed by the first party who needs one, given up when the node dies."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from calls import events
from calls.access import Party
from calls.actions.errors import ActionError
from calls.actions.recordings import mark_interrupted
from calls.models import Call, Room
from calls.states import TALKING


def node_for(party: Party) -> str:
    """The node that carries the party's call, "" while none does.

    Raises ActionError("wrong_state") unless the call is being connected or talked in: nobody is recorded while waiting.
    """
    if party.call.state not in TALKING:
        raise ActionError("wrong_state", _("The call is not being connected."))
    return party.call.media_node


def claim_node(call_id: uuid.UUID, node: str) -> str:
    """Put the call or room on `node` unless another party was faster. Returns the node that carries it."""
    calls = Call.objects.filter(pk=call_id)
    rows = calls if calls.exists() else Room.objects.filter(pk=call_id)
    rows.filter(media_node="").update(media_node=node)
    return rows.values_list("media_node", flat=True).get()


@transaction.atomic
def lose_node(call_id: uuid.UUID, node: str) -> bool:
    """The node is dead: the next join claims another. Only the first to notice tells the call; False for the others."""
    if Room.objects.filter(pk=call_id, media_node=node).update(media_node=""):
        events.relay(call_id, {"type": "media-lost", "roomId": str(call_id)})
        return True
    if not Call.objects.filter(pk=call_id, media_node=node).update(media_node=""):
        return False
    mark_interrupted(call_id)
    events.relay(call_id, {"type": "media-lost", "callId": str(call_id)})
    return True
