"""Written words, of a room or of a call."""

# ruff: noqa: RUF009 - the calls declare fields, as dataclasses.field does
from __future__ import annotations

import uuid
from dataclasses import dataclass

from calls.signaling.fields import base64_bytes, boolean, choice, handle, identifier, integer, sha256, text
from calls.signaling.messages.base import Request, request

MAX_INSTANT = 2**53


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


@request("offer-file")
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFile(Request):
    client_id: str = handle()
    name: str = text(255)
    size: int = integer(1, MAX_INSTANT)
    sha256: str = sha256()
    head: bytes = base64_bytes(512)


@request("mark-file")
@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFile(Request):
    seq: int = integer(1, MAX_INSTANT)
    mark: str = choice("accepted", "declined", "arrived", "failed")
