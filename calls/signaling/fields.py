"""The kinds of fields that a message may have, and the parser that reads a dataclass of them. Pure.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class SetState(Request):
        state: str = choice("available", "away", "offline")

A field `transport_id` is `transportId` on the wire.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from calls.signaling.errors import ErrorCode, SignalError

Reader = Callable[[Any], Any]
"""A JSON value in, a Python value out; raises Wrong when it is not of the kind."""
T = TypeVar("T")


class Wrong(Exception):
    """Not of the kind; the text says what the field must be and repeats nothing of what it was."""


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_uuid = lru_cache(4096)(uuid.UUID)
"""A page names the same few rooms and peers again and again."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HANDLE = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def text(limit: int, *, optional: bool = False) -> Any:
    return _field(_Text(limit), optional)


def choice(*values: str, optional: bool = False) -> Any:
    return _field(_Choice(values), optional)


def boolean(*, optional: bool = False) -> Any:
    return _field(_read_boolean, optional)


def integer(low: int, high: int, *, optional: bool = False) -> Any:
    return _field(_Integer(low, high), optional)


def identifier(*, optional: bool = False) -> Any:
    """A UUID of ours in its canonical form; read as `uuid.UUID`."""
    return _field(_read_uuid, optional)


def handle(*, optional: bool = False) -> Any:
    """A short name of letters, digits, `_` and `-`: safe as a file name and in a log."""
    return _field(_read_handle, optional)


def sha256() -> Any:
    """A SHA-256 in hexadecimal digits."""
    return _field(_read_sha256, False)


def json_object(*, nullable: bool = False, optional: bool = False) -> Any:
    """An object that is handed on unread. `nullable`: it must be there, but may be null."""
    return _field(_Object(nullable), optional, nullable=nullable)


def base64_bytes(limit: int) -> Any:
    """Base64 of at least one and at most `limit` bytes; read as `bytes`."""
    return _field(_Base64(limit), False)


def wire_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def read(cls: type[T], message: dict[str, Any]) -> T:
    """An instance of the dataclass `cls` from a decoded message; unknown fields are left alone.

    Raises SignalError(malformed) that names the field. An optional field that is null counts as left out.
    """
    values: dict[str, Any] = {}
    for attribute, name, reader, optional, nullable in _plan(cls):
        value = message.get(name)
        if value is None and not (nullable and name in message):
            if not optional:
                raise SignalError(ErrorCode.MALFORMED, f"{name} is missing.", field=name)
            continue
        values[attribute] = _read_one(name, reader, value)
    return cls(**values)


Plan = tuple[tuple[str, str, Reader, bool, bool], ...]
"""What is read into which attribute: (attribute, name on the wire, reader, optional, nullable)."""
_PLANS: dict[type, Plan] = {}


def _plan(cls: type) -> Plan:
    """Made once for each kind of message."""
    known = _PLANS.get(cls)
    if known is None:
        known = _PLANS[cls] = _new_plan(cls)
    return known


def _new_plan(cls: Any) -> Plan:
    return tuple(
        (
            field.name,
            wire_name(field.name),
            field.metadata["reader"],
            bool(field.metadata["optional"]),
            bool(field.metadata["nullable"]),
        )
        for field in dataclasses.fields(cls)
    )


def _read_one(name: str, reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except Wrong as error:
        raise SignalError(ErrorCode.MALFORMED, f"{name} {error}.", field=name) from None


def _field(reader: Reader, optional: bool, *, nullable: bool = False) -> Any:
    metadata = {"reader": reader, "optional": optional, "nullable": nullable}
    if optional:
        return dataclasses.field(default=None, metadata=metadata)
    return dataclasses.field(metadata=metadata)


@dataclasses.dataclass(frozen=True, slots=True)
class _Text:
    limit: int

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise Wrong("must be a text")
        if len(value) > self.limit:
            raise Wrong(f"may have {self.limit} characters")
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Choice:
    values: tuple[str, ...]

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.values:
            raise Wrong(f"must be one of {', '.join(self.values)}")
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Integer:
    low: int
    high: int

    def __call__(self, value: Any) -> int:
        # Languages without integers send whole numbers as 1.0.
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise Wrong(f"must be a whole number from {self.low} to {self.high}")
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Object:
    nullable: bool

    def __call__(self, value: Any) -> dict[str, Any] | None:
        if value is None and self.nullable:
            return None
        if not isinstance(value, dict):
            raise Wrong("must be an object")
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Base64:
    limit: int

    def __call__(self, value: Any) -> bytes:
        if not isinstance(value, str) or len(value) > -(-self.limit // 3) * 4:
            raise Wrong(f"must be base64 of at most {self.limit} bytes")
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise Wrong("must be base64") from None
        if not 0 < len(data) <= self.limit:
            raise Wrong(f"must be base64 of 1 to {self.limit} bytes")
        return data


def _read_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def _read_uuid(value: Any) -> uuid.UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise Wrong("must be a UUID")
    return _uuid(value)


def _read_handle(value: Any) -> str:
    if not isinstance(value, str) or not _HANDLE.fullmatch(value):
        raise Wrong("must be a name of letters, digits, _ and -")
    return value


def _read_sha256(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise Wrong("must be 64 hexadecimal digits")
    return value
