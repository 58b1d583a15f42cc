"""When a packet was spoken: RTP time mapped to Unix time by the arrivals. Pure.

A packet is never early, only late: over a few seconds the least delayed one shows how the sender's clock
stands to ours. Both sides of a call are mapped so, and line up to within the difference of their least
network delays.
"""

from __future__ import annotations

from dataclasses import dataclass

from calls.media.opus import SAMPLE_RATE

WINDOW_MS = 5_000.0
# A clock that drifts moves less than this in a window; following every millisecond would only add noise.
TOLERANCE_MS = 20.0
# RTP time and arrival disagree by more than this about a pause: the sender's clock stood still or jumped.
JUMP_MS = 1_000.0


@dataclass
class Timeline:
    """Maps unwrapped RTP timestamps (48 kHz) to Unix milliseconds."""

    _offset_ms: float | None = None
    _window_low: float = 0.0
    _window_start: float = 0.0
    _last: tuple[int, float] | None = None

    def note(self, timestamp: int, arrived_ms: float) -> bool:
        """Learn from one packet in order. True where the sender's clock jumped: a new beginning."""
        lag = arrived_ms - _ms(timestamp)
        jumped = self._jumped(timestamp, arrived_ms)
        self._last = (timestamp, arrived_ms)
        if self._offset_ms is None or jumped:
            self._offset_ms = lag
            self._open_window(lag, arrived_ms)
            return jumped
        self._offset_ms = min(self._offset_ms, lag)
        self._window_low = min(self._window_low, lag)
        if arrived_ms - self._window_start >= WINDOW_MS:
            if self._window_low - self._offset_ms > TOLERANCE_MS:
                self._offset_ms = self._window_low
            self._open_window(lag, arrived_ms)
        return False

    def unix_ms(self, timestamp: int) -> int:
        """When the sample with this timestamp was spoken. Call `note` at least once before."""
        return round((self._offset_ms or 0.0) + _ms(timestamp))

    def _open_window(self, lag: float, arrived_ms: float) -> None:
        self._window_low, self._window_start = lag, arrived_ms

    def _jumped(self, timestamp: int, arrived_ms: float) -> bool:
        if self._last is None:
            return False
        spoken_ms = _ms(timestamp - self._last[0])
        waited_ms = arrived_ms - self._last[1]
        # Late packets that come in a burst have waited less than they spoke; that alone is no jump ahead.
        return (
            spoken_ms < -JUMP_MS
            or spoken_ms > waited_ms + 10 * JUMP_MS
            or waited_ms > spoken_ms + 10 * JUMP_MS
        )


def _ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE
