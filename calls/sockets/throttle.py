"""How often somebody may do what costs something. The API counts in the same place: two doors are no way around one limit."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

from rest_framework.throttling import ScopedRateThrottle

from calls.signaling.errors import ErrorCode, SignalError


def count(scope: str, who: int | uuid.UUID) -> None:
    """`who` is what the API knows the same person by: a user's id, or that of a customer's participant.

    In the database's threads. Raises SignalError(too_many_requests).
    """
    throttle = ScopedRateThrottle()
    asker: Any = SimpleNamespace(user=SimpleNamespace(pk=who, is_authenticated=True))
    view: Any = SimpleNamespace(throttle_scope=scope)
    if not throttle.allow_request(asker, view):
        raise SignalError(ErrorCode.TOO_MANY_REQUESTS, retry_after=throttle.wait())
