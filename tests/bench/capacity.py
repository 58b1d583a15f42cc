"""How many calls one core captions, by a simulation over measured decoding times.

Every word of every simulated conversation has a delay: from its end to the text on the page. Four ways:

- `pauses`: one decode per utterance, when the speaker has paused. The product's way under load.
- `pauses and partials`: the same, and while nothing else waits, drafts of the utterances that go on (grey text) in the
  order in which the recorder told of them. The product's way, with its numbers: when the recorder tells, one place per
  speaker, the last words held back, no draft shown once the utterance is over, none while captions are behind.
- `every second`: LocalAgreement-2. While somebody speaks, what was said so far is decoded once a second; a word
  is shown when two decodes in a row have it. Granted to it here: that they always agree, that its decodes
  need no word times, no masking and no voice activity.
- `about every second`: the same, but a decode that is still waiting when the next is due is left out, so that
  under load it decodes less often.

Both re-decoders are also tried with the short window of the product's drafts, which nobody's do.
"""

from __future__ import annotations

import heapq
import itertools
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PAUSE = 0.6  # what the media server waits for before it closes an utterance
CLOSING = 0.15  # file, row, queue and relay, seconds: measured by the delay part
# The product's own numbers, which need Django where they stand; a test compares them.
FIRST_TOLD, TOLD_AGAIN, FLUSHED = 1.5, 1.0, 0.25  # the recorder's
EXPIRES, HELD_WORDS, BEHIND, CALM = 3.0, 2, 2.0, 5.0
STEP = 1.0
WORDS_PER_SECOND = 2.5
MINUTES = 10

Cost = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of one core for a piece of that many seconds: `final` and `draft` as the product makes them, voice activity
    included; `whole` and `short` for re-decoding: the model alone without word times, in its whole window or in a draft's.
    """

    final: Cost
    draft: Cost
    whole: Cost
    short: Cost


@dataclass(slots=True)
class Spoken:
    """One utterance of the simulation. `shown[i]` is when word i stood on the page."""

    start: float
    end: float
    shown: list[float | None] = field(default_factory=list)
    next_told: float = 0.0
    hypothesis: int = 0

    def __post_init__(self) -> None:
        self.shown = [None] * max(1, round((self.end - self.start) * WORDS_PER_SECOND))
        self.next_told = self.start + FIRST_TOLD

    def word_end(self, index: int) -> float:
        return self.start + (self.end - self.start) * (index + 1) / len(self.shown)

    @property
    def closed(self) -> float:
        """When the media server has its pause."""
        return self.end + PAUSE

    def words_until(self, time: float) -> int:
        return sum(self.word_end(index) <= time for index in range(len(self.shown)))

    def show(self, count: int, time: float) -> None:
        for index in range(count):
            if self.shown[index] is None:
                self.shown[index] = time + CLOSING

    def delays(self) -> list[float]:
        """A word never shown (the end of the simulation) counts as the worst."""
        ends = [self.word_end(index) for index in range(len(self.shown))]
        return [float("inf") if t is None else t - e for t, e in zip(self.shown, ends, strict=True)]


def conversation(rng: random.Random) -> Iterator[Spoken]:
    """Two people in turn for MINUTES: utterances of 3 s on average (half below 2.3, some of 12), gaps of
    0.75 s, so that somebody speaks for 80 % of the time.
    """
    at = rng.uniform(0, 5)
    while at < MINUTES * 60:
        length = min(12.0, max(0.4, rng.lognormvariate(0.83, 0.75)))
        yield Spoken(at, at + length)
        at += length + max(0.1, rng.gauss(0.75, 0.3))


def calls(count: int, seed: int = 1) -> list[Spoken]:
    rng = random.Random(seed)
    return sorted((u for _ in range(count) for u in conversation(rng)), key=lambda u: u.start)


def on_pauses(spoken: list[Spoken], costs: Costs, *, partials: bool = False) -> None:
    """Finished utterances in the order of their ends; in between, where allowed, drafts."""
    drafts = _Drafts(spoken if partials else [], costs)
    now = 0.0
    for utterance in sorted(spoken, key=lambda u: u.end):
        now = max(drafts.until(utterance.closed, now), utterance.closed)
        drafts.note_wait(now - utterance.closed, now)
        now += costs.final(utterance.end - utterance.start)
        utterance.show(len(utterance.shown), now)


class _Drafts:
    """What the worker does while no finished utterance waits."""

    def __init__(self, spoken: list[Spoken], costs: Costs) -> None:
        self._costs = costs
        self._numbers = itertools.count()
        self._told = [(u.next_told, next(self._numbers), u) for u in spoken]
        heapq.heapify(self._told)
        self._waiting: deque[tuple[float, Spoken]] = deque()
        self._behind_until = 0.0

    def note_wait(self, seconds: float, now: float) -> None:
        """A finished utterance waited so long."""
        if seconds >= BEHIND:
            self._behind_until = now + CALM

    def until(self, ready: float, now: float) -> float:
        """Draft until `ready`; the last one may end later. Gives the time."""
        while now < ready:
            self._take_in(now)
            if self._waiting:
                now = self._draft(now)
            else:
                now = min(ready, self._told[0][0]) if self._told else ready
        return now

    def _take_in(self, now: float) -> None:
        """What the recorder has told by now. A speaker whose last place is not used yet gets no second one."""
        while self._told and self._told[0][0] <= now:
            time, _, utterance = heapq.heappop(self._told)
            if time >= utterance.closed:
                continue
            if time >= self._behind_until and all(u is not utterance for _, u in self._waiting):
                self._waiting.append((time, utterance))
            heapq.heappush(self._told, (time + TOLD_AGAIN, next(self._numbers), utterance))

    def _draft(self, now: float) -> float:
        told, utterance = self._waiting.popleft()
        late = now - told > EXPIRES or now < self._behind_until
        if late or now >= utterance.closed:
            return now
        heard = min(max(told, now - FLUSHED), utterance.end)
        done = now + self._costs.draft(heard - utterance.start)
        if done < utterance.closed:
            utterance.show(max(0, utterance.words_until(heard) - HELD_WORDS), done)
        return done


def every_second(spoken: list[Spoken], cost: Cost) -> None:
    """One core takes every tick in turn."""
    ticks: list[tuple[float, int, Spoken]] = []
    for number, utterance in enumerate(spoken):
        count = int((utterance.closed - utterance.start) / STEP)
        ticks += [(utterance.start + STEP * (i + 1), number, utterance) for i in range(count)]
        ticks.append((utterance.closed, number, utterance))
    now = 0.0
    for time, _, utterance in sorted(ticks, key=lambda tick: tick[:2]):
        now = max(now, time)
        now = _agree(utterance, min(time, utterance.end), now, cost, final=time >= utterance.closed)


def about_every_second(spoken: list[Spoken], cost: Cost) -> None:
    """One core takes the tick that has waited longest; a newer tick of the same utterance replaces it."""
    numbers = itertools.count()
    events = [(u.start + STEP, next(numbers), u) for u in spoken]
    heapq.heapify(events)
    waiting: dict[int, tuple[float, Spoken]] = {}
    now = 0.0
    while events or waiting:
        if not waiting:
            now = max(now, events[0][0])
        while events and events[0][0] <= now:
            _tick(events, waiting, numbers)
        if not waiting:
            continue
        _, utterance = min(waiting.values(), key=lambda each: each[0])
        del waiting[id(utterance)]
        final = now >= utterance.closed
        now = _agree(utterance, min(now, utterance.end), now, cost, final=final)


def _agree(utterance: Spoken, heard: float, now: float, cost: Cost, *, final: bool) -> float:
    """One decode of what was said until `heard`; gives the time at which it is done."""
    now += cost(heard - utterance.start)
    words = utterance.words_until(heard)
    utterance.show(words if final else min(words, utterance.hypothesis), now)
    utterance.hypothesis = words
    return now


def _tick(
    events: list[tuple[float, int, Spoken]], waiting: dict[int, tuple[float, Spoken]], numbers: Iterator[int]
) -> None:
    time, _, utterance = heapq.heappop(events)
    first = waiting.get(id(utterance), (time, utterance))[0]
    waiting[id(utterance)] = (first, utterance)
    if time < utterance.closed:
        heapq.heappush(events, (min(time + STEP, utterance.closed), next(numbers), utterance))


WAYS: dict[str, Callable[[list[Spoken], Costs], None]] = {
    "every second": lambda spoken, costs: every_second(spoken, costs.whole),
    "about every second": lambda spoken, costs: about_every_second(spoken, costs.whole),
    "every second, short window": lambda spoken, costs: every_second(spoken, costs.short),
    "about every second, short window": lambda spoken, costs: about_every_second(spoken, costs.short),
    "pauses": on_pauses,
    "pauses and partials": lambda spoken, costs: on_pauses(spoken, costs, partials=True),
}


def p90(way: str, count: int, costs: Costs) -> float:
    """Seconds from the end of a word to its text, for nine words of ten, with `count` calls on one core."""
    spoken = calls(count)
    WAYS[way](spoken, costs)
    delays = [delay for utterance in spoken for delay in utterance.delays()]
    return statistics.quantiles(delays, n=10)[8]


def table(way: str, costs: Costs, limit: float = 20.0, most: int = 200) -> list[float]:
    """The p90 delay for 1, 2, 3 ... calls, until it passes `limit` seconds."""
    found: list[float] = []
    while len(found) < most and (not found or found[-1] <= limit):
        found.append(p90(way, len(found) + 1, costs))
    return found


def most_calls(delays: list[float], limit: float) -> int:
    """How many calls stay within `limit` seconds at p90."""
    return next((count for count, delay in enumerate(delays) if delay > limit), len(delays))
