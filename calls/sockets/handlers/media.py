"""Requests of the mediasoup client, handed on to the node that carries the call."""

from __future__ import annotations

import uuid
from typing import Any

from calls.actions.recordings import mark_restored
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages import (
    CloseProducer,
    ConnectTransport,
    Consume,
    CreateTransport,
    JoinRoom,
    MediaRequest,
    PauseProducer,
    Produce,
    RestartIce,
    ResumeProducer,
)
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.media_gateway import gateway
from calls.sockets.page import Page
from calls.sockets.seats import SeatLink


@handles(JoinRoom)
async def join_room(page: Page, act: Perform) -> dict[str, Any]:
    return await gateway().join(_link(page, act))


@handles(CreateTransport, ConnectTransport, RestartIce, Consume, CloseProducer, PauseProducer, ResumeProducer)
async def hand_on(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, MediaRequest)
    return await gateway().request(_link(page, act).seat, act.request.type, act.request.payload())


@handles(Produce)
async def produce(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, Produce)
    link = _link(page, act)
    answer = await gateway().request(link.seat, "produce", act.request.payload())
    if link.interrupted:
        link.interrupted = False
        await in_database(mark_restored, uuid.UUID(link.seat.call_id), uuid.UUID(link.seat.peer_id))
    return answer


def _link(page: Page, act: Perform) -> SeatLink:
    """A party has to do with the room of its own call only."""
    assert isinstance(act.request, MediaRequest)
    link = page.link(act)
    if str(act.request.room_id) != link.seat.call_id:
        raise SignalError(ErrorCode.NOT_FOUND)
    return link
