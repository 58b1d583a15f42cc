"""Fields of a request to the media server, checked. All raise MediaError(bad_request)."""

from __future__ import annotations

from typing import Any

from calls.media.errors import BAD_REQUEST, MediaError
from calls.media.recordings import is_safe_name

LONGEST_WORD = 64


def whole(value: object, name: str, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise MediaError(BAD_REQUEST, f"{name} must be a whole number from 0 to {high}")
    return value


def name(data: dict[str, Any], key: str) -> str:
    """A room's or peer's id. It becomes a directory's name: nothing in it may be misread in a path."""
    value = data.get(key)
    if not isinstance(value, str) or not is_safe_name(value):
        raise MediaError(BAD_REQUEST, f"{key} must be 1 to 80 letters, digits, dots, dashes or underscores")
    return value


def word(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORD:
        raise MediaError(BAD_REQUEST, f"{key} must have 1 to {LONGEST_WORD} letters")
    return value
