"""Requests of the mediasoup client, handed on to the node that carries the call."""

from __future__ import annotations

import uuid
from typing import Any

from calls.actions.recordings import mark_restored
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages.media import (
    CloseConsumer,
    CloseProducer,
    ConnectTransport,
    Consume,
    CreateTransport,
    JoinRoom,
    MediaRequest,
    PauseConsumer,
    PauseProducer,
    Produce,
    RequestKeyFrame,
    RestartIce,
    ResumeConsumer,
    ResumeProducer,
    SetConsumerSize,
    SetPreferredLayers,
)
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.links import Link
from calls.sockets.media_gateway import gateway
from calls.sockets.page import Page
from calls.sockets.rooms import RoomLink, enter


@handles(JoinRoom)
async def join_room(page: Page, act: Perform) -> dict[str, Any]:
    """Who has not entered the room yet, does so by this (S3.2)."""
    request = act.request
    assert isinstance(request, JoinRoom)
    link = page.link_of(str(request.room_id))
    if link is None:
        if page.login is None:
            raise SignalError(ErrorCode.NOT_AUTHENTICATED)
        link, _state = await enter(page, page.login.user, request.room_id, 0)
    return await gateway().join(link)


@handles(
    CreateTransport, ConnectTransport, RestartIce, Consume, CloseProducer, PauseProducer,
    PauseConsumer, ResumeConsumer, CloseConsumer, RequestKeyFrame, SetPreferredLayers, SetConsumerSize,
)  # fmt: skip
async def hand_on(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, MediaRequest)
    return await gateway().request(_link(page, act).seat, act.request.type, act.request.payload())


@handles(Produce)
async def produce(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, Produce)
    link, request = _link(page, act), act.request
    if isinstance(link, RoomLink):
        await link.check_source(request.kind, request.source)
    answer = await gateway().request(link.seat, "produce", request.payload())
    if isinstance(link, RoomLink) and request.kind == "audio" and request.source != "screen-audio":
        link.microphones.add(str(answer["producerId"]))
    if link.interrupted:
        link.interrupted = False
        await in_database(mark_restored, uuid.UUID(link.seat.call_id), uuid.UUID(link.seat.peer_id))
    return answer


@handles(ResumeProducer)
async def resume_producer(page: Page, act: Perform) -> dict[str, Any]:
    assert isinstance(act.request, ResumeProducer)
    link, request = _link(page, act), act.request
    if isinstance(link, RoomLink) and request.producer_id in link.microphones:
        await link.check_source("audio", "microphone")
    return await gateway().request(link.seat, request.type, request.payload())


def _link(page: Page, act: Perform) -> Link:
    """A party has to do with the room of its own call, or with one that it has entered, only."""
    assert isinstance(act.request, MediaRequest)
    link = page.link(act)
    if str(act.request.room_id) != link.seat.call_id:
        raise SignalError(ErrorCode.NOT_FOUND)
    return link
