"""What the assistant asks of the media server, from a worker: it has no socket, so it has no gateway."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings

from calls.actions.media_nodes import claim_node, lose_node
from calls.media.client import MediaClient
from calls.media.errors import NOT_FOUND, UNAVAILABLE, MediaError
from calls.models import Call, Participant
from calls.models.call import ParticipantRole

PATIENCE_SECONDS = 5.0


def enter(participant: Participant) -> None:
    """Into the call's room with a voice, on the node that carries it or on a new one. Raises MediaError."""
    call_id = participant.call_id
    node = Call.objects.values_list("media_node", flat=True).get(pk=call_id)
    alive, free = async_to_sync(_look)(node)
    if node and not alive:
        lose_node(call_id, node)
        node = ""
    node = node or claim_node(call_id, free)
    about = _about(participant)
    join = {**about, "role": ParticipantRole.ASSISTANT.value, "record": True}
    async_to_sync(_ask)(node, [("join", join), ("open-voice", about)])


def ask(participant: Participant, method: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request for the assistant's peer; a node that has died or begun anew is entered again once. Raises MediaError."""
    node = Call.objects.values_list("media_node", flat=True).get(pk=participant.call_id)
    about = {**(data or {}), **_about(participant)}
    try:
        return async_to_sync(_ask)(node, [(method, about)])
    except MediaError as error:
        if error.code not in (NOT_FOUND, UNAVAILABLE) or method != "say":
            raise
    enter(participant)
    node = Call.objects.values_list("media_node", flat=True).get(pk=participant.call_id)
    return async_to_sync(_ask)(node, [(method, about)])


def _about(participant: Participant) -> dict[str, str]:
    return {"roomId": str(participant.call_id), "peerId": str(participant.pk)}


async def _look(node: str) -> tuple[bool, str]:
    async with MediaClient(settings.REDIS_URL) as client:
        if node and await client.is_alive(node):
            return True, node
        return False, await client.pick_node()


async def _ask(node: str, requests: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    if not node:
        raise MediaError(NOT_FOUND, "no node carries the call")
    answer: dict[str, Any] = {}
    async with MediaClient(settings.REDIS_URL) as client:
        for method, data in requests:
            answer = await client.request(node, method, data, timeout=PATIENCE_SECONDS)
    return answer
