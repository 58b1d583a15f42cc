"""Every message that a page may send. Pure; docs/websocket.md is held to this file and to notices.py.

A request class is registered under its type and aliases by `@request`. `needs` says how far the socket must have come.
"""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeVar

from calls.signaling import fields
from calls.signaling.errors import ErrorCode, SignalError
from calls.signaling.fields import (
    base64_bytes,
    boolean,
    choice,
    handle,
    identifier,
    integer,
    json_object,
    text,
)

MAX_SDP = 128 * 1024
MAX_AUDIO_BYTES = 128 * 1024
MAX_SEQUENCE = 999_999
MAX_TOKEN = 4096
MAX_INSTANT = 2**53


class Needs(Enum):
    NOTHING = "nothing"
    LOGIN = "login"
    SEAT = "seat"
    """To have joined the call that it speaks of."""
    ROOM = "room"
    """To have entered the room that it names, or to be logged in: then it is entered by this."""


class Lane(Enum):
    """Where a request is worked on. Those of one lane are done in order; a slow one holds up its own lane only."""

    INLINE = "inline"
    MEDIA = "media"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a page asks for. `call_id` may be left out by a page that has joined one call only; of a room speaks `room_id`."""

    type: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    needs: ClassVar[Needs]
    lane: ClassVar[Lane]
    call_id: uuid.UUID | None = identifier(optional=True)
    room_id: uuid.UUID | None = identifier(optional=True)

    @property
    def wanted_call(self) -> uuid.UUID | None:
        """The call or room that the request names, by whichever field."""
        return self.call_id or self.room_id


R = TypeVar("R", bound=Request)
REQUESTS: dict[str, type[Request]] = {}
"""By every name, aliases included."""


def request(*names: str, needs: Needs = Needs.SEAT, lane: Lane = Lane.INLINE) -> Callable[[type[R]], type[R]]:
    def register(cls: type[R]) -> type[R]:
        cls.type, cls.names, cls.needs, cls.lane = names[0], names, needs, lane
        for name in names:
            REQUESTS[name] = cls
        return cls

    return register


def parse(message: dict[str, Any]) -> Request:
    """The request in a decoded message. Raises SignalError(malformed or unknown_type)."""
    name = message.get("type")
    if not isinstance(name, str):
        raise SignalError(ErrorCode.MALFORMED, "type is missing.", field="type")
    cls = REQUESTS.get(name)
    if cls is None:
        raise SignalError(ErrorCode.UNKNOWN_TYPE)
    return fields.read(cls, message)


def wire_fields(cls: type[Request]) -> dict[str, bool]:
    """Field name on the wire -> may it be left out. `callId` belongs to all and is not listed, nor is an optional `roomId`."""
    return {
        fields.wire_name(field.name): bool(field.metadata["optional"])
        for field in dataclasses.fields(cls)
        if field.name != "call_id" and not (field.name == "room_id" and field.metadata["optional"])
    }


# --- who is there -------------------------------------------------------------------------------------------------


@request("login", needs=Needs.NOTHING)
@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Request):
    token: str = text(MAX_TOKEN)


@request("join", "join-session", needs=Needs.NOTHING)
@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Request):
    token: str | None = text(256, optional=True)
    session_id: uuid.UUID | None = identifier(optional=True)
    since: int | None = integer(0, MAX_INSTANT, optional=True)

    @property
    def wanted_call(self) -> uuid.UUID | None:
        return self.call_id or self.session_id


@request("leave", "leave-session")
@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Request):
    pass


@request("hang-up")
@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(Request):
    pass


@request("ping", needs=Needs.NOTHING)
@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Request):
    pass


# --- from peer to peer ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed(Request):
    """Handed on to one peer, with `from` set by the server."""

    to: uuid.UUID = identifier()

    def payload(self) -> dict[str, Any]:
        raise NotImplementedError


@request("offer")
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDescription(Relayed):
    sdp: str = text(MAX_SDP)

    def payload(self) -> dict[str, Any]:
        return {"sdp": self.sdp}


@request("answer")
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDescription(Relayed):
    sdp: str = text(MAX_SDP)

    def payload(self) -> dict[str, Any]:
        return {"sdp": self.sdp}


@request("ice-candidate")
@dataclass(frozen=True, slots=True, kw_only=True)
class IceCandidate(Relayed):
    candidate: dict[str, Any] | None = json_object(nullable=True)

    def payload(self) -> dict[str, Any]:
        return {"candidate": self.candidate}


# --- the call -------------------------------------------------------------------------------------------------------


@request("media-connected")
@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConnected(Request):
    path: str = choice("direct", "relayed")


@request("use-path")
@dataclass(frozen=True, slots=True, kw_only=True)
class UsePath(Request):
    path: str = choice("relayed")


@request("toggle-audio")
@dataclass(frozen=True, slots=True, kw_only=True)
class ToggleAudio(Request):
    muted: bool = boolean()


@request("audio-data", lane=Lane.AUDIO)
@dataclass(frozen=True, slots=True, kw_only=True)
class AudioData(Request):
    timestamp: int = integer(0, MAX_INSTANT)
    audio_data: bytes = base64_bytes(MAX_AUDIO_BYTES)
    recorder: str | None = handle(optional=True)
    sequence: int | None = integer(0, MAX_SEQUENCE, optional=True)
    mime_type: str | None = text(100, optional=True)
    last: bool | None = boolean(optional=True)


# --- the media server -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest(Request):
    """Goes on to the media server; `room_id` is that of a room, or the call's id."""

    room_id: uuid.UUID = identifier()

    def payload(self) -> dict[str, Any]:
        """The request's own fields that were given, named as on the wire."""
        own = (field.name for field in dataclasses.fields(self))
        given = {name: getattr(self, name) for name in own if name not in {"call_id", "room_id", "user_id"}}
        return {fields.wire_name(name): value for name, value in given.items() if value is not None}


@request("join-room", needs=Needs.ROOM, lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRoom(MediaRequest):
    user_id: str | None = text(64, optional=True)


@request("create-transport", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTransport(MediaRequest):
    pass


@request("connect-transport", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTransport(MediaRequest):
    transport_id: str = handle()
    dtls_parameters: dict[str, Any] = json_object()


@request("restart-ice", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class RestartIce(MediaRequest):
    transport_id: str = handle()


@request("produce", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class Produce(MediaRequest):
    transport_id: str = handle()
    kind: str = choice("audio", "video")
    rtp_parameters: dict[str, Any] = json_object()
    source: str | None = choice("microphone", "camera", "screen", "screen-audio", optional=True)


@request("consume", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class Consume(MediaRequest):
    transport_id: str = handle()
    producer_id: str = handle()
    rtp_capabilities: dict[str, Any] = json_object()
    paused: bool | None = boolean(optional=True)


@request("close-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseProducer(MediaRequest):
    producer_id: str = handle()


@request("pause-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class PauseProducer(MediaRequest):
    producer_id: str = handle()


@request("resume-producer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeProducer(MediaRequest):
    producer_id: str = handle()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRequest(MediaRequest):
    consumer_id: str = handle()


@request("pause-consumer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class PauseConsumer(ConsumerRequest):
    pass


@request("resume-consumer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeConsumer(ConsumerRequest):
    pass


@request("close-consumer", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class CloseConsumer(ConsumerRequest):
    pass


@request("request-key-frame", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKeyFrame(ConsumerRequest):
    pass


@request("set-preferred-layers", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetPreferredLayers(ConsumerRequest):
    spatial_layer: int = integer(0, 7)
    temporal_layer: int | None = integer(0, 7, optional=True)


@request("set-consumer-size", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsumerSize(ConsumerRequest):
    width: int = integer(0, 16_384)
    height: int = integer(0, 16_384)


# --- rooms ----------------------------------------------------------------------------------------------------------


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


# --- written words, of a room or of a call ----------------------------------------------------------------------------


@request("read-chat")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChat(Request):
    since: int | None = integer(0, MAX_INSTANT, optional=True)
    before: int | None = integer(1, MAX_INSTANT, optional=True)


@request("send-message")
@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage(Request):
    client_id: str = handle()
    text: str | None = text(4000, optional=True)
    attachment_id: uuid.UUID | None = identifier(optional=True)


@request("typing")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Request):
    typing: bool = boolean()


@request("read")
@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Request):
    seq: int = integer(0, MAX_INSTANT)


# --- who is there -----------------------------------------------------------------------------------------------------


@request("watch-presence", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPresence(Request):
    pass


@request("set-presence", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetPresence(Request):
    status: str = choice("online", "away")


# --- the desk -------------------------------------------------------------------------------------------------------


@request("open-desk", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDesk(Request):
    pass


@request("set-state", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(Request):
    state: str = choice("available", "away", "offline")


@request("accept-offer", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer(Request):
    offer_id: uuid.UUID = identifier()


@request("reject-offer", needs=Needs.LOGIN)
@dataclass(frozen=True, slots=True, kw_only=True)
class RejectOffer(Request):
    offer_id: uuid.UUID = identifier()
