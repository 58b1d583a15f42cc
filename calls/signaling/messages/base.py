"""How a request is declared, registered under its names, and read. `needs` says how far the socket must have come."""

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
from calls.signaling.fields import identifier


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
    listening: ClassVar[bool]
    """May also be asked by who only listens."""
    call_id: uuid.UUID | None = identifier(optional=True)
    room_id: uuid.UUID | None = identifier(optional=True)

    @property
    def wanted_call(self) -> uuid.UUID | None:
        """The call or room that the request names, by whichever field."""
        return self.call_id or self.room_id


R = TypeVar("R", bound=Request)
REQUESTS: dict[str, type[Request]] = {}
"""By every name, aliases included."""


def request(
    *names: str, needs: Needs = Needs.SEAT, lane: Lane = Lane.INLINE, listening: bool = False
) -> Callable[[type[R]], type[R]]:
    def register(cls: type[R]) -> type[R]:
        cls.type, cls.names, cls.needs, cls.lane = names[0], names, needs, lane
        cls.listening = listening
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
