"""When a port is read: whenever something comes, or once in a while for all that came. Pure.

While sound comes faster than once in HOLD_S, it is collected for so long: to be woken, with nothing of ours in the processor's
caches any more, costs more than to forward. A call of two, whose packets come less often, is not held, and nothing is while
somebody sends pictures: their sender judges the network by when we say that they came.
"""

from __future__ import annotations

HOLD_S = 0.008
LEAST_HOLD_S = 0.002
"""So long the loop is free for others after reading what took all of HOLD_S to forward."""
QUICK_READS = 4
"""So many in a row are not the packets of a single call that happen to come together."""


class Holding:
    """Times are seconds of a monotonic clock; `prompt` says that something must be read when it comes."""

    def __init__(self) -> None:
        self._woken_at = 0.0
        self._quick = 0

    def begins(self, now: float, *, prompt: bool) -> bool:
        """To be asked when a datagram woke the port: is what comes next collected?"""
        self._quick = self._quick + 1 if now - self._woken_at < HOLD_S else 0
        self._woken_at = now
        return self._quick >= QUICK_READS and not prompt

    def goes_on(self, datagrams: int, *, prompt: bool) -> bool:
        """To be asked when so many were collected: was it worth it?"""
        if datagrams > 1 and not prompt:
            return True
        self._quick = 0
        return False

    @staticmethod
    def wait_after(took: float) -> float:
        """Until HOLD_S after the last reading began: what waited while it was forwarded has waited for so long already."""
        return max(LEAST_HOLD_S, HOLD_S - took)
