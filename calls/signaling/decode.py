"""From a frame to a JSON object that is safe to store, to relay and to hand on. Pure.

Refused here, so that nobody further in has to think of it: numbers that are not numbers or do not fit into a double, lone
surrogates (no encoder takes them), NUL characters (PostgreSQL refuses them), and nesting that exhausts a stack.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from calls.signaling.errors import ErrorCode, SignalError

MAX_DEPTH = 16
MAX_INTEGER = 2**53
_INTEGER_DIGITS = 17


def decode(frame: str) -> dict[str, Any]:
    """The object in `frame`. Raises SignalError(malformed) for anything else."""
    try:
        value = json.loads(frame, parse_int=_integer, parse_float=_float, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise SignalError(ErrorCode.MALFORMED) from None
    if not isinstance(value, dict):
        raise SignalError(ErrorCode.MALFORMED)
    _check(value)
    return value


def _integer(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS or abs(int(digits)) > MAX_INTEGER:
        raise ValueError("integer out of range")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _constant(_name: str) -> NoReturn:
    raise ValueError("not a number")


def _check(value: Any) -> None:
    """Walk without recursion: what is checked may be nested as deep as a frame is long."""
    pending = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                raise SignalError(ErrorCode.MALFORMED)
            pending.extend((child, depth + 1) for child in _children(item))


def _children(item: dict[str, Any] | list[Any]) -> list[Any]:
    return [*item.keys(), *item.values()] if isinstance(item, dict) else item


def _check_text(text: str) -> None:
    if "\x00" in text or not (text.isascii() or _encodable(text)):
        raise SignalError(ErrorCode.MALFORMED)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
