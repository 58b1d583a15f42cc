"""Cuts one speaker's packets into utterances. Pure: frames in, effects out.

A frame is one Opus packet with its place in time. Speech keeps at least `context_ms` of the pause on either
side; a pause of `pause_ms` or more ends an utterance, and what of it neither side needs is not kept.
Long speech is cut anyway: from `soft_ms` on at the first breath, at `max_ms` wherever it is; then the
two pieces touch. All places in time are samples at 48 kHz.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from calls.media.opus import PACKET_SAMPLES, SAMPLE_RATE, SILENCE_20MS

SAMPLES_PER_MS = SAMPLE_RATE // 1000


class Frame(NamedTuple):
    start: int
    samples: int
    payload: bytes
    voiced: bool
    """Loud enough to be speech, or of unknown loudness."""
    received: bool = True
    """False for silence put where nothing came."""

    @property
    def end(self) -> int:
        return self.start + self.samples


class Begin(NamedTuple):
    """A new utterance starts at `start`."""

    start: int


class Write(NamedTuple):
    frame: Frame


class End(NamedTuple):
    """The utterance is over."""


Effect = Begin | Write | End


@dataclass(frozen=True)
class Cutting:
    """When to cut, in milliseconds."""

    context_ms: int = 300
    pause_ms: int = 600
    breath_ms: int = 60
    max_ms: int = 15_000

    @property
    def soft_ms(self) -> int:
        return self.max_ms * 4 // 5


@dataclass
class Segmenter:
    cutting: Cutting = field(default_factory=Cutting)
    _begun: int | None = None
    _held: deque[Frame] = field(default_factory=deque)
    """Before an utterance: its possible lead-in. Within one: the undecided pause beyond the context."""
    _quiet_since: int = 0
    _expected: int | None = None

    def push(self, frame: Frame) -> list[Effect]:
        """Take the next frame in time; what nobody sent since the last one becomes silence."""
        effects: list[Effect] = []
        for silence in self._gap_before(frame):
            effects += self._step(silence)
        if self._expected is not None and frame.start < self._expected:
            return effects
        effects += self._step(frame)
        return effects

    def finish(self) -> list[Effect]:
        """The stream is over, or its clock is no longer the same."""
        self._expected = None
        if self._begun is None:
            self._held.clear()
            return []
        effects: list[Effect] = [Write(frame) for frame in self._held]
        return [*effects, *self._end(keep=0)]

    def _gap_before(self, frame: Frame) -> list[Frame]:
        """Silence for a gap: all of a short one, and of a long one the ends that an utterance may need."""
        if self._expected is None:
            return []
        missing = (frame.start - self._expected) // PACKET_SAMPLES
        enough = 2 * self.cutting.pause_ms * SAMPLES_PER_MS // PACKET_SAMPLES
        if missing > 2 * enough:
            numbers = chain(range(enough), range(missing - enough, missing))
        else:
            numbers = chain(range(missing))
        return [_silence(self._expected + number * PACKET_SAMPLES) for number in numbers]

    def _step(self, frame: Frame) -> list[Effect]:
        if (
            self._expected is not None
            and frame.start - self._expected >= PACKET_SAMPLES
            and self._begun is None
        ):
            self._held.clear()
        self._expected = frame.end
        if self._begun is None:
            return self._while_idle(frame)
        return self._while_speaking(frame)

    def _while_idle(self, frame: Frame) -> list[Effect]:
        self._held.append(frame)
        if frame.voiced:
            self._begun, self._quiet_since = self._held[0].start, frame.end
            return [Begin(self._begun), *self._write_held()]
        while frame.end - self._held[0].end >= self.cutting.context_ms * SAMPLES_PER_MS:
            self._held.popleft()
        return []

    def _while_speaking(self, frame: Frame) -> list[Effect]:
        self._held.append(frame)
        if frame.voiced:
            self._quiet_since = frame.end
        effects: list[Effect] = []
        quiet_ms = (frame.end - self._quiet_since) // SAMPLES_PER_MS
        if frame.start - self._quiet_since < self.cutting.context_ms * SAMPLES_PER_MS:
            effects += self._write_held()
        if quiet_ms >= self.cutting.pause_ms:
            return effects + self._end(keep=self.cutting.context_ms)
        if self._is_too_long(frame, quiet_ms):
            return effects + self._cut_after(frame)
        return effects

    def _is_too_long(self, frame: Frame, quiet_ms: int) -> bool:
        begun = self._begun if self._begun is not None else frame.start
        length_ms = (frame.end - begun) // SAMPLES_PER_MS
        next_ms = length_ms + frame.samples // SAMPLES_PER_MS
        return next_ms > self.cutting.max_ms or (
            length_ms >= self.cutting.soft_ms and quiet_ms >= self.cutting.breath_ms
        )

    def _write_held(self) -> list[Effect]:
        effects: list[Effect] = [Write(frame) for frame in self._held]
        self._held.clear()
        return effects

    def _cut_after(self, frame: Frame) -> list[Effect]:
        """End here and go on at once: the two pieces touch, and the pause is still counted from its start."""
        self._begun = frame.end
        return [*self._write_held(), End(), Begin(frame.end)]

    def _end(self, keep: int) -> list[Effect]:
        """End, and keep the last `keep` ms of the pause as the lead-in of what may follow."""
        self._begun = None
        while self._held and self._held[-1].end - self._held[0].end >= keep * SAMPLES_PER_MS:
            self._held.popleft()
        return [End()]


def _silence(start: int) -> Frame:
    return Frame(start, PACKET_SAMPLES, SILENCE_20MS, voiced=False, received=False)
