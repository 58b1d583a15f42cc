"""What can go wrong on the socket, in stable codes. The codes are the contract; the messages are for developers."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - the name of an error
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    WRONG_STATE = "wrong_state"
    OFFER_GONE = "offer_gone"
    TOO_MANY_REQUESTS = "too_many_requests"
    MEDIA_UNAVAILABLE = "media_unavailable"
    STORAGE_FAILED = "storage_failed"
    NOT_MEMBER = "not_member"
    ROOM_LOCKED = "room_locked"
    ROOM_FULL = "room_full"
    IP_REFUSED = "ip_refused"
    TYPE_REFUSED = "type_refused"
    INFECTED = "infected"
    INTERNAL = "internal"


DEFAULT_MESSAGES: dict[ErrorCode, str] = {
    ErrorCode.MALFORMED: "The message could not be read.",
    ErrorCode.TOO_LARGE: "The message is too large.",
    ErrorCode.UNKNOWN_TYPE: "There is no such message.",
    ErrorCode.NOT_AUTHENTICATED: "Log in or join a call first.",
    ErrorCode.TOKEN_INVALID: "The token is wrong or has expired.",
    ErrorCode.NOT_FOUND: "There is nothing here, or it is not yours to see.",
    ErrorCode.FORBIDDEN: "This is not yours to do.",
    ErrorCode.WRONG_STATE: "The call is not in a state for this.",
    ErrorCode.OFFER_GONE: "Someone else has the call, or the time ran out.",
    ErrorCode.TOO_MANY_REQUESTS: "Too many messages. Please slow down.",
    ErrorCode.MEDIA_UNAVAILABLE: "No media server answers. Please try again.",
    ErrorCode.STORAGE_FAILED: "The audio could not be stored. Please send it again.",
    ErrorCode.NOT_MEMBER: "You are not a member of this room.",
    ErrorCode.ROOM_LOCKED: "The room is locked.",
    ErrorCode.ROOM_FULL: "The room is full.",
    ErrorCode.IP_REFUSED: "The room may not be entered from this address.",
    ErrorCode.TYPE_REFUSED: "Files of this kind are not taken.",
    ErrorCode.INFECTED: "The file was refused by the virus scanner.",
    ErrorCode.INTERNAL: "Something went wrong on our side.",
}


class CloseCode(IntEnum):
    """Why the server hangs up a socket; a page reads it from its close event."""

    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    SILENT = 4408
    REPLACED = 4409
    FLOODED = 4429


class SignalError(Exception):
    """A request that is refused. `field` names what was wrong with it, `retry_after` is in seconds."""

    def __init__(
        self,
        code: ErrorCode,
        message: str = "",
        *,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message or DEFAULT_MESSAGES[code])
        self.code = code
        self.field = field
        self.retry_after = retry_after

    def payload(self) -> dict[str, object]:
        """The fields of the `error` message. Nothing of what the page sent is repeated."""
        found: dict[str, object] = {"code": self.code.value, "message": str(self)}
        if self.field is not None:
            found["field"] = self.field
        if self.retry_after is not None:
            found["retryAfter"] = round(self.retry_after, 3)
        return found
