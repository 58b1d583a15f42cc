"""Transport-wide congestion control feedback: when each packet arrived, for the sender's own estimate. Pure.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
"""

from __future__ import annotations

import struct

from calls.media.rtp import Unwrapper

TICK = 0.00025
REFERENCE_TICKS = 256
"""64 ms."""
SYMBOLS_PER_CHUNK = 7
LONGEST = 350
"""Packets that one feedback speaks of: it has to fit into a datagram."""
LATE = 250
MISSING, SMALL, LARGE = 0, 1, 2


class Arrivals:
    """Notes packets by their transport-wide number; `feedback` tells of those since the last call."""

    def __init__(self) -> None:
        self._numbers = Unwrapper(16)
        self._pending: dict[int, float] = {}
        self._next: int | None = None
        self._count = 0

    def __len__(self) -> int:
        return len(self._pending)

    def note(self, number: int, now: float) -> None:
        unwrapped = self._numbers.unwrap(number)
        if self._next is None or abs(unwrapped - self._next) > 2 * LONGEST:
            # The first one, or an outage of which it helps nobody to tell every packet.
            self._pending.clear()
            self._next = unwrapped
        if unwrapped >= self._next - LATE:
            self._pending.setdefault(unwrapped, now)

    def feedback(self) -> list[bytes]:
        """The bodies of feedback packets, without the RTCP header and the two sources."""
        bodies = []
        while self._pending and self._next is not None:
            first = min(self._next, min(self._pending))
            last = min(max(self._pending), first + LONGEST - 1)
            if not any(first <= number <= last for number in self._pending):
                self._next = min(self._pending)
                continue
            bodies.append(self._body(first, last))
        return bodies

    def _body(self, first: int, last: int) -> bytes:
        arrived = [number for number in range(first, last + 1) if number in self._pending]
        reference = int(self._pending[arrived[0]] / TICK) // REFERENCE_TICKS
        symbols: list[int] = []
        deltas = b""
        before = reference * REFERENCE_TICKS
        for number in range(first, last + 1):
            at = self._pending.get(number)
            if at is None:
                symbols.append(MISSING)
                continue
            ticks = int(at / TICK)
            delta = ticks - before
            if not -0x8000 <= delta <= 0x7FFF:
                break
            before = ticks
            symbols.append(SMALL if 0 <= delta <= 0xFF else LARGE)
            deltas += struct.pack("!B" if 0 <= delta <= 0xFF else "!h", delta)
            del self._pending[number]
        self._next = max(self._next or 0, first + len(symbols))
        head = struct.pack("!HHL", first & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        return head + _chunks(symbols) + deltas


def _chunks(symbols: list[int]) -> bytes:
    """Status vectors of two bits a packet."""
    chunks = b""
    for begin in range(0, len(symbols), SYMBOLS_PER_CHUNK):
        chunk = 0xC000
        for place, symbol in enumerate(symbols[begin : begin + SYMBOLS_PER_CHUNK]):
            chunk |= symbol << (12 - 2 * place)
        chunks += struct.pack("!H", chunk)
    return chunks
