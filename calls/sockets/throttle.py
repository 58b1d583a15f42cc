"""How often somebody may enter rooms. The API counts in the same place, so that two doors are no way around one limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from calls.signaling.errors import ErrorCode, SignalError

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class _Asker:
    """What a throttle wants to know of a request and its view."""

    throttle_scope = "join-room"
    META: dict[str, str] = {}

    def __init__(self, user: User) -> None:
        self.user = user


def count_entry(user: User) -> None:
    """In the database's threads. Raises SignalError(too_many_requests)."""
    throttle, asker = ScopedRateThrottle(), _Asker(user)
    if not throttle.allow_request(cast("Request", asker), cast("APIView", asker)):
        raise SignalError(ErrorCode.TOO_MANY_REQUESTS, retry_after=throttle.wait())
