"""Rooms: entered and left, what a participant says of themselves, and what the host does."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from calls.access import RoomParty
from calls.actions import room_hosts, room_switches, rooms
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.messages.rooms import (
    EnterRoom,
    HandOverHost,
    LeaveRoom,
    LockRoom,
    MutePeer,
    RaiseHand,
    RemovePeer,
    ReportQuality,
    ScreenShareStart,
    ScreenShareStop,
    SetPermissions,
    ToggleVideo,
)
from calls.signaling.session import Perform
from calls.sockets.database import in_database
from calls.sockets.handlers import handles
from calls.sockets.media_gateway import gateway
from calls.sockets.page import Page
from calls.sockets.rooms import RoomLink, enter


@handles(EnterRoom)
async def enter_room(page: Page, act: Perform) -> None:
    assert isinstance(act.request, EnterRoom)
    if page.login is None:
        raise SignalError(ErrorCode.NOT_AUTHENTICATED)
    _link, state = await enter(page, page.login.user, act.request.room_id, act.request.since or 0)
    known = {} if act.reply.id is None else {"id": act.reply.id}
    await page.send({"type": "room-state", **known, **state})


@handles(LeaveRoom)
async def leave_room(page: Page, act: Perform) -> dict[str, Any]:
    link = room_link(page, act)
    await in_database(lambda: rooms.leave(link.prove()))
    await page.give_up(link)
    await gateway().leave(link.seat)
    return {}


@handles(
    ToggleVideo, ScreenShareStart, ScreenShareStop, RaiseHand, ReportQuality,
    MutePeer, RemovePeer, LockRoom, HandOverHost, SetPermissions,
)  # fmt: skip
async def in_room(page: Page, act: Perform) -> dict[str, Any]:
    link = room_link(page, act)
    await in_database(_do, link, act.request)
    return {}


def _do(link: RoomLink, request: object) -> None:
    with translation.override(link.user.language):
        _dispatch(link.prove(), request)


def _dispatch(party: RoomParty, request: object) -> None:
    match request:
        case ToggleVideo(off=off):
            room_switches.switch(party, "video_off", on=off)
        case ScreenShareStart():
            room_switches.switch(party, "sharing", on=True)
        case ScreenShareStop():
            room_switches.switch(party, "sharing", on=False)
        case RaiseHand(raised=raised):
            room_switches.raise_hand(party, raised=raised)
        case ReportQuality(level=level, rtt_ms=rtt, loss_percent=loss, kbps=kbps):
            room_switches.note_quality(party, level, rtt, loss, kbps)
        case MutePeer(peer_id=peer):
            room_hosts.mute_peer(party, peer)
        case RemovePeer(peer_id=peer):
            room_hosts.remove_peer(party, peer)
        case LockRoom(locked=locked):
            room_hosts.lock_room(party, locked=locked)
        case HandOverHost(peer_id=peer):
            room_hosts.hand_over_host(party, peer)
        case SetPermissions(share=share, chat=chat, unmute=unmute):
            wanted = {"share": share, "chat": chat, "unmute": unmute}
            room_hosts.set_permissions(party, {name: value for name, value in wanted.items() if value})


def room_link(page: Page, act: Perform) -> RoomLink:
    link = page.link(act)
    if not isinstance(link, RoomLink):
        raise SignalError(ErrorCode.NOT_FOUND)
    return link
