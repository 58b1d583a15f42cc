"""What is asked of a call: to come and go, to reach the other side, to speak."""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import abc
import uuid
from dataclasses import dataclass
from typing import Any

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
from calls.signaling.messages.base import Lane, Needs, Request, request

MAX_SDP = 128 * 1024
MAX_AUDIO_BYTES = 128 * 1024
MAX_SEQUENCE = 999_999
MAX_TOKEN = 4096
MAX_INSTANT = 2**53


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


@request("leave", "leave-session", listening=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed(Request, abc.ABC):
    """Handed on to one peer, with `from` set by the server."""

    to: uuid.UUID = identifier()

    @abc.abstractmethod
    def payload(self) -> dict[str, Any]:
        """What is handed on, named as on the wire."""


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


@request("show-video")
@dataclass(frozen=True, slots=True, kw_only=True)
class ShowVideo(Relayed):
    """The agent asks to be shown something, the customer's page answers, and either of them ends it."""

    step: str = choice("ask", "accept", "decline", "stop")

    def payload(self) -> dict[str, Any]:
        return {"step": self.step}


@request("media-connected")
@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConnected(Request):
    path: str = choice("direct", "relayed")


@request("use-path")
@dataclass(frozen=True, slots=True, kw_only=True)
class UsePath(Request):
    path: str = choice("relayed")


@request("press-key")
@dataclass(frozen=True, slots=True, kw_only=True)
class PressKey(Request):
    """In place of saying it to the assistant."""

    key: str = choice("person", "repeat", "bye")


@request("invite-colleague")
@dataclass(frozen=True, slots=True, kw_only=True)
class InviteColleague(Request):
    """By an agent of the call: a colleague who shares a team is rung, and comes in as a third."""

    colleague_id: int = integer(1, MAX_INSTANT)
    reason: str | None = text(200, optional=True)


@request("withdraw-invitation")
@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInvitation(Request):
    offer_id: uuid.UUID = identifier()


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
