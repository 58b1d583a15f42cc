"""How fast a page may talk. The clock is the caller's: seconds, monotonic."""

from __future__ import annotations


class TokenBucket:
    """Refills by `rate` per second up to `burst`; starts full."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst
        self._at = now

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Take `cost` out of the bucket; False, and nothing taken, when it does not hold that much."""
        self._refill(now)
        if self._level < cost:
            return False
        self._level -= cost
        return True

    def wait(self, now: float, cost: float = 1.0) -> float:
        """Seconds until `cost` could be taken. A cost above the burst waits for a full bucket."""
        self._refill(now)
        return max(0.0, (min(cost, self.burst) - self._level) / self.rate)

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._at)  # a clock that jumps back gives nothing and takes nothing
        self._level = min(self.burst, self._level + elapsed * self.rate)
        self._at = max(self._at, now)


class Throttle:
    """Frames and bytes of one socket. What is refused is counted too: who goes on regardless is hung up."""

    BURST_SECONDS = 4
    """A page that comes back sends its candidates and the audio it kept at once."""
    BYTES_PER_SECOND = 128 * 1024
    BURST_BYTES = 16 * 1024 * 1024

    def __init__(self, frames_per_second: float, now: float) -> None:
        burst = frames_per_second * self.BURST_SECONDS
        self._frames = TokenBucket(frames_per_second, burst, now)
        self._bytes = TokenBucket(self.BYTES_PER_SECOND, self.BURST_BYTES, now)
        self._patience = TokenBucket(frames_per_second / 10, burst, now)

    def admit(self, size: int, now: float) -> bool:
        return self._bytes.take(now, size) and self._frames.take(now)

    def still_patient(self, now: float) -> bool:
        """Call once per refused frame; False when the page has not slowed down after all."""
        return self._patience.take(now)

    def retry_after(self, size: int, now: float) -> float:
        """Seconds after which a frame of `size` bytes would be let in."""
        return max(self._frames.wait(now), self._bytes.wait(now, size))
