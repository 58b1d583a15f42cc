"""What arrived of one RTP stream: order, loss, jitter, what to ask for again (RFC 3550, RFC 4585). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.media.rtp import RtpPacket, Unwrapper

NACK_TRIES = 8
NACK_RETRY_S = 0.08
NACK_MAX_AGE_S = 1.0
# More than this missing at once is an outage; asking for all of it again would prolong it.
NACK_MAX_MISSING = 64
NACK_MAX_MISSING_VIDEO = 300
# A jump that retransmission cannot explain: the sender began again.
RESTART_GAP = 3000
LATE_MEANS_RESTART = 50


@dataclass(slots=True)
class _Missing:
    since: float
    asked_at: float | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a receiver report about one stream."""

    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int


@dataclass(slots=True)
class Reception:
    """Counts one stream. Times are seconds of a monotonic clock."""

    clock_rate: int
    max_missing: int = NACK_MAX_MISSING
    received: int = 0
    recovered: int = 0
    given_up: int = 0
    """Packets that nobody will send any more: what was predicted from them cannot be decoded."""
    _sequences: Unwrapper = field(default_factory=lambda: Unwrapper(16))
    _base: int | None = None
    _highest: int = -1
    _next: int = -1
    """The sequence number (16 bits) after the highest."""
    missing: dict[int, _Missing] = field(default_factory=dict)
    """What to ask for is looked for in this: nothing, where it is empty."""
    _late_in_a_row: int = 0
    _shift: int = 0
    _jitter: float = 0.0
    _transit: float | None = None
    _reported_expected: int = 0
    _reported_received: int = 0

    def add(self, packet: RtpPacket, now: float) -> int | None:
        """Note a packet and give its unwrapped sequence number; None for a repeated or too late one."""
        if packet.sequence == self._next:
            # As most do; what follows is for the others.
            number = self._highest = self._highest + 1
            self._next = (packet.sequence + 1) & 0xFFFF
            self._late_in_a_row = 0
            self.received += 1
            self._update_jitter(packet.timestamp, now)
            return number
        if self._base is not None:
            self._sequences.restart_at(self._highest - self._shift)
        number = self._sequences.unwrap(packet.sequence) + self._shift
        if self._base is None:
            self._base, self._highest = number, number
        elif number > self._highest:
            if number > self._highest + 1:
                self._note_gap(number, now)
            self._highest = number
        elif self.missing.pop(number, None) is not None:
            self.recovered += 1
        elif self._late_in_a_row < LATE_MEANS_RESTART:
            self._late_in_a_row += 1
            return None
        else:
            number = self._begin_again(number)
        self._next = (self._highest - self._shift + 1) & 0xFFFF
        self._late_in_a_row = 0
        self.received += 1
        self._update_jitter(packet.timestamp, now)
        return number

    @property
    def last(self) -> tuple[int, int, float, float]:
        """Of the stream so far: sequence number of the next packet, highest number, jitter and transit in samples."""
        return self._next, self._highest, self._jitter, self._transit or 0.0

    def caught_up(self, last: tuple[int, int, float, float], received: int) -> None:
        """So many more came, all in order."""
        self._next, self._highest, self._jitter, self._transit = last
        self._late_in_a_row = 0
        self.received += received

    def to_ask_for(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) to ask for now. Call it per packet: it paces and gives up itself."""
        if not self.missing:
            return []
        due = []
        for number, missing in list(self.missing.items()):
            if missing.tries >= NACK_TRIES or now - missing.since > NACK_MAX_AGE_S:
                del self.missing[number]
                self.given_up += 1
            elif missing.asked_at is None or now - missing.asked_at >= NACK_RETRY_S:
                missing.asked_at, missing.tries = now, missing.tries + 1
                due.append(number & 0xFFFF)
        return due

    def report(self) -> Report:
        """The report since the last call of this method."""
        expected = self.expected - self._reported_expected
        received = self.received - self._reported_received
        self._reported_expected, self._reported_received = self.expected, self.received
        lost = max(0, expected - received)
        return Report(
            fraction_lost=min(255, lost * 256 // expected) if expected > 0 else 0,
            packets_lost=self.lost,
            highest_sequence=self._highest & 0xFFFFFFFF if self._base is not None else 0,
            jitter=int(self._jitter),
        )

    @property
    def expected(self) -> int:
        return 0 if self._base is None else self._highest - self._base + 1

    @property
    def lost(self) -> int:
        return max(0, self.expected - self.received)

    @property
    def jitter_ms(self) -> float:
        return self._jitter * 1000 / self.clock_rate

    def _note_gap(self, number: int, now: float) -> None:
        gap = number - self._highest - 1
        if gap > RESTART_GAP:
            # Counted anew, so that one restart does not stand as thousands of lost packets for ever.
            self._base, self.missing = number - self.received, {}
            self._reported_expected = self._reported_received = self.received
            return
        first = max(self._highest + 1, number - self.max_missing)
        self.given_up += first - self._highest - 1
        for missing in range(first, number):
            self.missing[missing] = _Missing(now)
        while len(self.missing) > self.max_missing:
            del self.missing[next(iter(self.missing))]
            self.given_up += 1

    def _begin_again(self, number: int) -> int:
        """The sender counts from an earlier number now: go on after the highest one seen."""
        self._highest += 1
        self._shift += self._highest - number
        self._sequences.restart_at(self._highest - self._shift)
        self.missing = {}
        return self._highest

    def _update_jitter(self, timestamp: int, now: float) -> None:
        transit = now * self.clock_rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            # A wrap of the timestamp is no jitter.
            if difference < self.clock_rate * 10:
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit
