"""What the assistant asks of the media server, from a worker: it has no socket, so it has no gateway."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings

from calls.actions.media_nodes import claim_node, lose_node
from calls.media.asker import MediaAsker
from calls.media.errors import NOT_FOUND, UNAVAILABLE, MediaError
from calls.models import Call, Participant
from calls.models.call import ParticipantRole


def enter(participant: Participant) -> None:
    """Into the call's room with a voice, on the node that carries it or on a new one. Raises MediaError."""
    call_id = participant.call_id
    node = _node(participant)
    if node and not _asker().is_alive(node):
        lose_node(call_id, node)
        node = ""
    node = node or claim_node(call_id, _asker().pick_node())
    about = _about(participant)
    _asker().request(node, "join", {**about, "role": ParticipantRole.ASSISTANT.value, "record": True})
    _asker().request(node, "open-voice", about)


def ask(participant: Participant, method: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request for the assistant's peer; a node that has died or begun anew is entered again once, by who has not left.

    Raises MediaError.
    """
    about = {**(data or {}), **_about(participant)}
    try:
        return _asker().request(_node(participant), method, about)
    except MediaError as error:
        if error.code not in (NOT_FOUND, UNAVAILABLE) or method != "say" or not _is_present(participant):
            raise
    enter(participant)
    return _asker().request(_node(participant), method, about)


def _is_present(participant: Participant) -> bool:
    return Participant.objects.present().filter(pk=participant.pk).exists()


def _node(participant: Participant) -> str:
    """ "" while no node carries the call: a request to it finds nothing."""
    return Call.objects.values_list("media_node", flat=True).get(pk=participant.call_id)


def _about(participant: Participant) -> dict[str, str]:
    return {"roomId": str(participant.call_id), "peerId": str(participant.pk)}


@cache
def _asker() -> MediaAsker:
    return MediaAsker(settings.REDIS_URL)
