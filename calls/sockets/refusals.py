"""Refusals of the rooms below, in the codes of the wire."""

from __future__ import annotations

from calls.actions.errors import ActionError
from calls.media import errors as media
from calls.media.errors import MediaError
from calls.signaling.errors import ErrorCode, SignalError

OF_MEDIA = {
    media.UNAVAILABLE: ErrorCode.MEDIA_UNAVAILABLE,
    media.BAD_REQUEST: ErrorCode.MALFORMED,
    media.UNSUPPORTED: ErrorCode.MALFORMED,
    media.NOT_FOUND: ErrorCode.NOT_FOUND,
    media.CONFLICT: ErrorCode.WRONG_STATE,
    media.LIMIT: ErrorCode.FORBIDDEN,
}
KNOWN = (SignalError, ActionError, MediaError)


def as_signal_error(error: Exception) -> SignalError | None:
    """None for a fault that is ours."""
    if isinstance(error, SignalError):
        return error
    if isinstance(error, MediaError):
        return SignalError(OF_MEDIA.get(error.code, ErrorCode.INTERNAL))
    if isinstance(error, ActionError) and error.code in ErrorCode.__members__.values():
        return SignalError(ErrorCode(error.code), error.message)
    return None
