"""What is told to whom: group names, stored call events, and wake-ups that leave only after commit.

The channel layer is at-most-once, so it only wakes: a socket that gets `call.wake` reads the events past the last `seq` it
sent. Signals (`relay`) are the exception: they are worthless a second later and are not stored.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from calls.models import Call, CallEvent


def call_group(call_id: uuid.UUID | str) -> str:
    return f"call.{call_id}"


def desk_group(user_id: int) -> str:
    """All desk pages of one agent."""
    return f"desk.{user_id}"


def queue_group(queue_id: int) -> str:
    """Desk pages of everyone who serves the queue: the waiting list changed."""
    return f"queue.{queue_id}"


def person_group(user_id: int) -> str:
    """All pages of one member of staff that want to be told of colleagues and meetings."""
    return f"person.{user_id}"


def team_group(team_id: int) -> str:
    """Pages that show how the members of a team are."""
    return f"team.{team_id}"


TEAM_BOARD = "board"
"""Dashboards: something changed that they count."""


Payload = dict[str, Any]


def emit(call: Call, kind: str, payload: Payload | Callable[[], Payload]) -> CallEvent:
    """Store one numbered event of the call and wake its sockets after commit.

    A payload that tells of the call's own state is given as a function: it is asked when the number is taken.
    """
    with transaction.atomic():
        seq = call.next_seq()
        told = payload() if callable(payload) else payload
        event = CallEvent.objects.create(call=call, seq=seq, type=kind, payload=told)
        wake(call_group(call.pk), {"type": "call.wake", "call_id": str(call.pk), "seq": event.seq})
    return event


def relay(
    call_id: uuid.UUID | str, message: dict[str, Any], *, to: str | None = None, skip: str | None = None
) -> None:
    """Tell the call's sockets something that is not kept. `to` and `skip` are peer ids."""
    wake(call_group(call_id), {"type": "call.relay", "message": message, "to": to, "skip": skip})


def wake_desk(user_id: int, message: dict[str, Any] | None = None) -> None:
    """Tell an agent's desk pages; without a message they read their snapshot again."""
    wake(desk_group(user_id), {"type": "desk.wake", "message": message})


def wake_queue(queue_id: int) -> None:
    """The queue's waiting list changed: desks read it again, waiting customers hear their position."""
    wake(queue_group(queue_id), {"type": "queue.wake", "queue_id": queue_id})
    wake(TEAM_BOARD, {"type": "board.wake"})


def wake(group: str, message: dict[str, Any]) -> None:
    transaction.on_commit(lambda: _send(group, message), robust=True)


def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        async_to_sync(layer.group_send)(group, message)


OWN_NOTICES = frozenset({"transport-state", "producer-paused", "producer-resumed", "consumer-layers"})


async def relay_media_event(event: dict[str, Any]) -> None:
    """Pass a notice of the media server on to the sockets of its room.

    One of OWN_NOTICES, which concern one transport or consumer, goes to its own party only, which is named by `peerId`.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    own = event["type"] in OWN_NOTICES
    told = {"roomId", "peerId"} if "consumerId" in event else {"roomId"}
    message = {key: value for key, value in event.items() if key not in told} | {"callId": event["roomId"]}
    await layer.group_send(
        call_group(event["roomId"]),
        {
            "type": "call.relay",
            "message": message,
            "to": event.get("peerId") if own else None,
            "skip": None if own or event["type"] == "active-speaker" else event.get("peerId"),
        },
    )
