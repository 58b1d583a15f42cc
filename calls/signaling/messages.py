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


class Lane(Enum):
    """Where a request is worked on. Those of one lane are done in order; a slow one holds up its own lane only."""

    INLINE = "inline"
    MEDIA = "media"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a page asks for. `call_id` may be left out by a page that has joined one call only."""

    type: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    needs: ClassVar[Needs]
    lane: ClassVar[Lane]
    call_id: uuid.UUID | None = identifier(optional=True)

    @property
    def wanted_call(self) -> uuid.UUID | None:
        """The call that the request names, by whichever field."""
        return self.call_id


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
    """Field name on the wire -> may it be left out. `callId` belongs to all and is not listed."""
    return {
        fields.wire_name(field.name): bool(field.metadata["optional"])
        for field in dataclasses.fields(cls)
        if field.name != "call_id"
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
    """Goes on to the media server; `room_id` is the call's id."""

    room_id: uuid.UUID = identifier()

    @property
    def wanted_call(self) -> uuid.UUID | None:
        return self.call_id or self.room_id

    def payload(self) -> dict[str, Any]:
        """The request's own fields, named as on the wire."""
        return {
            fields.wire_name(field.name): getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in {"call_id", "room_id", "user_id"}
        }


@request("join-room", lane=Lane.MEDIA)
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


@request("consume", lane=Lane.MEDIA)
@dataclass(frozen=True, slots=True, kw_only=True)
class Consume(MediaRequest):
    transport_id: str = handle()
    producer_id: str = handle()
    rtp_capabilities: dict[str, Any] = json_object()


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
