"""Packets that were sent, kept for a while to send them again. Pure, and bounded in number, age and effort."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

AUDIO_PACKETS = 128
"""Two and a half seconds."""
VIDEO_PACKETS = 768
VIDEO_AGE_S = 1.0
FIRST_CREDIT = 64
AGAIN_AFTER_S = 0.02
"""A packet that was sent again just now is on its way."""


class Kept(NamedTuple):
    sequence: int
    head: bytes
    payload: bytes
    at: float


class History:
    """The last packets by sequence number. What is sent again is never more than what was sent."""

    def __init__(self, packets: int = VIDEO_PACKETS, age_s: float = VIDEO_AGE_S) -> None:
        self._packets = packets
        self._age_s = age_s
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._again: dict[int, float] = {}
        self._credit = FIRST_CREDIT

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, sequence: int, head: bytes, payload: bytes, now: float) -> None:
        kept = self._kept
        kept[sequence] = Kept(sequence, head, payload, now)
        if self._credit < self._packets:
            self._credit += 1
        oldest = now - self._age_s
        while len(kept) > self._packets or next(iter(kept.values())).at < oldest:
            gone, _ = kept.popitem(last=False)
            self._again.pop(gone, None)

    def again(self, sequence: int, now: float) -> Kept | None:
        """The packet to send again; None where it is gone, on its way, or too much was asked for."""
        found = self._kept.get(sequence)
        if found is None or self._credit <= 0:
            return None
        if now - self._again.get(sequence, -1.0) < AGAIN_AFTER_S:
            return None
        self._again[sequence] = now
        self._credit -= 1
        return found

    def clear(self) -> None:
        self._kept.clear()
        self._again.clear()
