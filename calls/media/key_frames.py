"""When to ask a sender for a key frame: soon, but not as often as everybody wants one. Pure."""

from __future__ import annotations

INTERVAL_S = 0.5
"""Key frames are large: more than two a second make a picture worse."""
PATIENCE_S = 1.0
"""A request that nothing follows got lost."""
MAX_TRIES = 8


class KeyFrameRequests:
    """One for each received video stream. `want` and `due` say True when a request is to be sent now."""

    def __init__(self) -> None:
        self._asked_at: float | None = None
        self._wanted = False
        self._tries = 0

    def want(self, now: float) -> bool:
        self._wanted, self._tries = True, 0
        return self.due(now)

    def due(self, now: float) -> bool:
        """To be called every now and then while nothing happens."""
        if not self._wanted or self._tries >= MAX_TRIES:
            return False
        wait = PATIENCE_S if self._tries else INTERVAL_S
        if self._asked_at is not None and now - self._asked_at < wait:
            return False
        self._asked_at = now
        self._tries += 1
        return True

    def arrived(self) -> None:
        self._wanted, self._tries = False, 0
