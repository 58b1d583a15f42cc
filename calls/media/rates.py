"""How fast a stream is. Pure."""

from __future__ import annotations

SMOOTHING = 0.5
LEAST_S = 0.2
"""A shorter time holds a frame or none and says nothing."""


class Meter:
    """Bits per second of what was added between two calls of `tick`, smoothed."""

    def __init__(self) -> None:
        self.bps = 0.0
        self._bytes = 0
        self._since: float | None = None

    def add(self, size: int) -> None:
        self._bytes += size

    def tick(self, now: float) -> float:
        if self._since is None:
            self._since, self._bytes = now, 0
            return self.bps
        passed = now - self._since
        if passed >= LEAST_S:
            fresh = self._bytes * 8 / passed
            self.bps = fresh if not self.bps else self.bps + SMOOTHING * (fresh - self.bps)
            self._since, self._bytes = now, 0
        return self.bps
