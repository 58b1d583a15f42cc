"""When to ask a sender for a key frame: soon, but not as often as everybody wants one. Pure."""

from __future__ import annotations

INTERVAL_S = 0.5
"""Key frames are large: more than two a second make a picture worse."""
PATIENCE_FIRST_S, PATIENCE_LONGEST_S = 1.0, 8.0
"""A request that nothing follows got lost, or its sender has no time for pictures now: it is made again, less often."""


class KeyFrameRequests:
    """One for each received video stream. `want` and `due` say True when a request is to be sent now."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._wanted = False
        self._patience = 0.0

    def want(self, now: float) -> bool:
        self._wanted, self._patience = True, 0.0
        return self.due(now)

    def due(self, now: float) -> bool:
        """To be called every now and then while nothing happens."""
        if not self._wanted:
            return False
        if self._asked_at is not None and now - self._asked_at < max(self._patience, INTERVAL_S):
            return False
        self._asked_at = now
        self._patience = min(max(2 * self._patience, PATIENCE_FIRST_S), PATIENCE_LONGEST_S)
        return True

    def arrived(self) -> None:
        self._wanted = False
