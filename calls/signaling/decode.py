"""From a frame to a JSON object that is safe to store, to relay and to hand on. Pure.

Refused here, so that nobody further in has to think of it: numbers that are not numbers or do not fit into a double, lone
surrogates (no encoder takes them), NUL characters (PostgreSQL refuses them), and nesting that exhausts a stack.
"""

from __future__ import annotations

import json
import math
from typing import Any

from calls.signaling.errors import ErrorCode, SignalError

MAX_DEPTH = 16
MAX_INTEGER = 2**53
_INTEGER_DIGITS = 17


def decode(frame: str) -> dict[str, Any]:
    """The object in `frame`, still to be checked. Raises SignalError(malformed) for anything else."""
    try:
        value = _DECODER.decode(frame)
    except (ValueError, RecursionError):
        raise SignalError(ErrorCode.MALFORMED) from None
    if not isinstance(value, dict):
        raise SignalError(ErrorCode.MALFORMED)
    return value


def check(value: Any, depth: int = 1) -> None:
    """Raises SignalError(malformed) for numbers, texts and nesting that are not safe to hand on.

    It goes no deeper than is allowed, however deep what is checked may be.
    """
    kind = type(value)
    if kind is dict or kind is list:
        if depth > MAX_DEPTH:
            raise SignalError(ErrorCode.MALFORMED)
        for child in value:
            check(child, depth + 1)
        for child in value.values() if kind is dict else ():
            check(child, depth + 1)
    elif not _is_clean(value):
        raise SignalError(ErrorCode.MALFORMED)


def _integer(digits: str) -> int | float:
    """Thousands of digits are not worth reading: beyond every limit, that is infinity."""
    return int(digits) if len(digits) <= _INTEGER_DIGITS else math.inf


_DECODER = json.JSONDecoder(parse_int=_integer)
"""One for all: the function of the module would make one for every frame."""


def _is_clean(item: str | float | bool | None) -> bool:
    if isinstance(item, str):
        return "\x00" not in item and (item.isascii() or _encodable(item))
    if isinstance(item, float):
        return math.isfinite(item)
    return item is None or abs(item) <= MAX_INTEGER


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
