"""How much a client can take, and which layer of each picture it is sent for that. Pure; times in seconds, rates in bps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

START_BPS = 1_500_000.0
FLOOR_BPS = 60_000.0
CEILING_BPS = 100_000_000.0
HIGH_LOSS, LOW_LOSS = 0.10, 0.03
GROWTH_PER_S = 1.08
LONGEST_STEP_S = 2.0
FILLED = 1.1
"""A receiver's own estimate below this share of what it is sent is a limit; above, it had no more to judge by."""
UNSURE_BPS = 10_000.0
"""Less than this far below it says nothing: of still or dark pictures too little comes to judge by."""
HOLD_FIRST_S, HOLD_LONGEST_S = 4.0, 60.0
CALM_HOLDS = 2
"""After so many times the hold without a fall, the next one is a first again."""
BAD_REPORTS = 3
"""So many falls in a row, and the way is narrow. One may be a busy moment of the client: it costs nobody the whole picture."""
BAD_APART_S, BAD_ROW_S = 0.8, 4.0
"""Estimates come several times a second: of those closer together one counts. Further apart than the second, it is no row."""
SMALL_BPS = 200_000.0
"""A picture of more than this is not sent on a doubt."""
HEADROOM = 1.15
"""To be raised, a picture needs this much more room than it takes; to stay, it does not."""
NOTHING = -1


class Downlink:
    """The room on the way to one client, by the loss and the estimate that it reports.

    Grows slowly while nothing is lost, falls at once. What fell is not tried again for a while, and for longer
    each time.
    """

    def __init__(self) -> None:
        self.bps = START_BPS
        self._grown_at: float | None = None
        self._hold_until = 0.0
        self._hold_s = HOLD_FIRST_S
        self._fell_at: float | None = None
        self._bad = 0
        self._counted_at: float | None = None
        self._narrow_until: float | None = None

    def takes_one_picture(self, now: float) -> bool:
        """May the smallest picture be sent though there seems to be no room for it?

        Not on a way that was found narrow by fall upon fall; and even there it is what is tried when the hold is over.
        """
        if self._narrow_until is not None and now >= self._narrow_until:
            self._narrow_until, self._bad = None, 0
        return self._narrow_until is None

    def loss_told(self, share: float, sent_bps: float, now: float) -> None:
        """`share` of the packets was lost (0 to 1) while this much was sent."""
        if share > HIGH_LOSS:
            self._fall(min(self.bps, sent_bps or self.bps) * (1 - share / 2), now)
        elif share < LOW_LOSS:
            self._bad = 0
            self._grow(now)
        else:
            self._grown_at = now

    def estimate_told(self, bps: float, sent_bps: float, now: float, beside_bps: float = 0.0) -> None:
        """The receiver's own estimate (REMB), which rests on the delay, too.

        It speaks of pictures, as `sent_bps` does; the sound that is sent `beside` them is not in it.
        """
        if bps + UNSURE_BPS < sent_bps * FILLED and bps + beside_bps < self.bps:
            self._fall(bps + beside_bps, now)

    def _fall(self, bps: float, now: float) -> None:
        if self._fell_at is not None and now - self._fell_at > CALM_HOLDS * self._hold_s:
            self._hold_s = HOLD_FIRST_S
        if now >= self._hold_until:
            self._hold_until = now + self._hold_s
            self._hold_s = min(self._hold_s * 2, HOLD_LONGEST_S)
        self.bps = max(bps, FLOOR_BPS)
        self._fell_at = self._grown_at = now
        self._count(now)
        if self._bad >= BAD_REPORTS and self._narrow_until is None:
            self._narrow_until = self._hold_until

    def _count(self, now: float) -> None:
        apart = BAD_ROW_S if self._counted_at is None else now - self._counted_at
        if apart >= BAD_APART_S:
            self._bad = self._bad + 1 if apart < BAD_ROW_S else 1
            self._counted_at = now

    def _grow(self, now: float) -> None:
        since = now if self._grown_at is None else self._grown_at
        self._grown_at = now
        if now >= self._hold_until:
            self.bps = min(self.bps * GROWTH_PER_S ** min(now - since, LONGEST_STEP_S), CEILING_BPS)


@dataclass(frozen=True)
class Demand:
    """What one picture could be sent as. `rates` holds a rate for each layer, 0 where it is not being produced."""

    rates: Sequence[float]
    highest: int
    current: int
    weight: float

    def cost(self, layer: int) -> float:
        if layer == NOTHING:
            return 0.0
        return self.rates[layer] * (HEADROOM if layer > self.current else 1.0)

    def choices(self) -> list[int]:
        """The layers that may be sent, from the smallest; where none is produced, the one to wait for."""
        produced = [layer for layer, rate in enumerate(self.rates) if rate > 0]
        allowed = [layer for layer in produced if layer <= self.highest]
        return allowed or produced[:1] or [min(self.highest, len(self.rates) - 1)]


def allocate(budget: float, demands: Sequence[Demand], *, one_in_any_case: bool = False) -> list[int]:
    """A layer for each, or NOTHING. First everybody is sent something, the important ones first; then more.

    `one_in_any_case`: the most important one is sent as its smallest whatever the budget, if that is small.
    """
    order = sorted(range(len(demands)), key=lambda number: -demands[number].weight)
    choices = [one.choices() for one in demands]
    given = [NOTHING] * len(demands)
    left = budget
    for number in order:
        smallest = choices[number][0]
        cost = demands[number].cost(smallest)
        if cost <= left or (one_in_any_case and number == order[0] and cost <= SMALL_BPS):
            given[number] = smallest
            left -= cost
    raised = True
    while raised:
        raised = False
        for number in order:
            larger = [layer for layer in choices[number] if layer > given[number] != NOTHING]
            if not larger:
                continue
            more = demands[number].cost(larger[0]) - demands[number].cost(given[number])
            if more <= left:
                given[number] = larger[0]
                left -= more
                raised = True
    return given


def highest_for(sizes: Sequence[tuple[int, int] | None], tile: tuple[int, int] | None, preferred: int) -> int:
    """The smallest layer that fills a tile (in pixels), at most `preferred`. Unknown sizes count as too small."""
    top = min(preferred, len(sizes) - 1)
    if tile is None:
        return top
    for layer in range(top):
        size = sizes[layer]
        if size is not None and (size[0] >= 0.8 * tile[0] or size[1] >= 0.8 * tile[1]):
            return layer
    return top
