"""What is asked of a room that one has entered, and who else is there."""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import uuid
from dataclasses import dataclass

from calls.signaling.fields import boolean, choice, identifier, integer
from calls.signaling.messages.base import Needs, Request, request

MAX_INSTANT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRequest(Request):
    """Of a room that the page has entered."""

    room_id: uuid.UUID = identifier()


@request("enter-room", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class EnterRoom(RoomRequest):
    since: int | None = integer(0, MAX_INSTANT, optional=True)


@request("leave-room")
@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveRoom(RoomRequest):
    pass


@request("toggle-video")
@dataclass(frozen=True, slots=True, kw_only=True)
class ToggleVideo(RoomRequest):
    off: bool = boolean()


@request("screen-share-start")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenShareStart(RoomRequest):
    pass


@request("screen-share-stop")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenShareStop(RoomRequest):
    pass


@request("raise-hand")
@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseHand(RoomRequest):
    raised: bool = boolean()


@request("report-quality")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuality(RoomRequest):
    level: str = choice("good", "fair", "poor")
    rtt_ms: int = integer(0, 600_000)
    loss_percent: int = integer(0, 100)
    kbps: int = integer(0, 10_000_000)


@request("mute-peer")
@dataclass(frozen=True, slots=True, kw_only=True)
class MutePeer(RoomRequest):
    peer_id: uuid.UUID = identifier()


@request("remove-peer")
@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePeer(RoomRequest):
    peer_id: uuid.UUID = identifier()


@request("lock-room")
@dataclass(frozen=True, slots=True, kw_only=True)
class LockRoom(RoomRequest):
    locked: bool = boolean()


@request("hand-over-host")
@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverHost(RoomRequest):
    peer_id: uuid.UUID = identifier()


@request("set-permissions")
@dataclass(frozen=True, slots=True, kw_only=True)
class SetPermissions(RoomRequest):
    share: str | None = choice("all", "host", optional=True)
    chat: str | None = choice("all", "host", optional=True)
    unmute: str | None = choice("all", "host", optional=True)


@request("watch-presence", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPresence(Request):
    pass


@request("set-presence", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetPresence(Request):
    status: str = choice("online", "away")
