"""What the media server refuses, with codes that stay the same."""

from __future__ import annotations

UNAVAILABLE = "media_unavailable"
BAD_REQUEST = "bad_request"
UNKNOWN_METHOD = "unknown_method"
NOT_FOUND = "not_found"
CONFLICT = "conflict"
LIMIT = "limit_reached"
UNSUPPORTED = "unsupported_media"
INTERNAL = "internal_error"


class MediaError(Exception):
    """A request that was refused: `code` for programs (one of this file's), `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
