"""The states of a call (S2.4) and which may follow which. Pure: no Django, no clock."""

from __future__ import annotations

from enum import StrEnum


class CallStatus(StrEnum):
    INITIATING = "INITIATING"
    """The row exists; nothing has been told to anyone."""
    RINGING = "RINGING"
    """The customer waits in a queue; agents are offered the call."""
    CONNECTING = "CONNECTING"
    """An agent has accepted; the two browsers find each other."""
    IN_PROGRESS = "IN_PROGRESS"
    """Sound flows."""
    ENDED = "ENDED"
    FAILED = "FAILED"


TRANSITIONS: dict[CallStatus, frozenset[CallStatus]] = {
    CallStatus.INITIATING: frozenset({CallStatus.RINGING, CallStatus.FAILED}),
    CallStatus.RINGING: frozenset({CallStatus.CONNECTING, CallStatus.FAILED}),
    CallStatus.CONNECTING: frozenset({CallStatus.IN_PROGRESS, CallStatus.FAILED}),
    CallStatus.IN_PROGRESS: frozenset({CallStatus.ENDED}),
    CallStatus.ENDED: frozenset(),
    CallStatus.FAILED: frozenset(),
}
FINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)
ACTIVE = frozenset(TRANSITIONS) - FINAL
TALKING = frozenset({CallStatus.CONNECTING, CallStatus.IN_PROGRESS})


class EndReason(StrEnum):
    """Why a call is over. Stable: stored, sent to pages, counted in reports."""

    HANG_UP = "hang_up"
    ABANDONED = "abandoned"
    """The customer left, or did not come back, before an agent answered."""
    DISCONNECTED = "disconnected"
    """One side was gone for longer than the grace period."""
    NOT_CONNECTED = "not_connected"
    """Accepted, but no sound ever flowed."""
    CLOSED = "closed"
    """Ended by the system or an administrator."""


class InvalidTransition(Exception):
    def __init__(self, current: CallStatus, wanted: CallStatus) -> None:
        super().__init__(f"a call cannot go from {current} to {wanted}")
        self.current = current
        self.wanted = wanted


def may_follow(current: CallStatus, wanted: CallStatus) -> bool:
    return wanted in TRANSITIONS[current]


def check(current: CallStatus, wanted: CallStatus) -> None:
    """Raise InvalidTransition unless `wanted` may follow `current`."""
    if not may_follow(current, wanted):
        raise InvalidTransition(current, wanted)


def finish_of(current: CallStatus) -> CallStatus | None:
    """How a call that is in `current` stops: ENDED once sound flowed, FAILED before, None when it is over already."""
    if current in FINAL:
        return None
    return CallStatus.ENDED if current is CallStatus.IN_PROGRESS else CallStatus.FAILED
