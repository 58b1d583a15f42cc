"""Tone drawn over a call: one smooth line for each side, up where the talk grew heated. SVG path data, no I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from transcripts.tone.tone import NEGATIVE, Tone, label

WIDTH, HEIGHT = 1240, 44
BAND = 13
"""The line stands in the upper BAND units where the tone is negative."""
STEPS = 62
LEAST_SMOOTHING_MS = 6_000
CALM = 0.25
"""The weight of a neutral tone at every place: after a silence the line sinks back to it."""

Point = tuple[int, float]
"""The middle of an utterance (ms), and its tone."""


@dataclass(frozen=True, slots=True)
class ToneLine:
    """`points` in order of time; `length_ms` is the length of the call."""

    voice: str
    points: Sequence[Point]
    length_ms: int

    @property
    def path(self) -> str:
        places = [WIDTH * step / STEPS for step in range(STEPS + 1)]
        heights = [_height(self.at(self.length_ms * step / STEPS)) for step in range(STEPS + 1)]
        pairs = [f"{x:g} {y:.1f}" for x, y in zip(places, heights, strict=True)]
        return f"M{pairs[0]}L{' '.join(pairs[1:])}"

    @property
    def heated_ms(self) -> list[int]:
        """When something negative was said: what the picture tells those who do not see it."""
        return [at for at, tone in self.points if label(tone) is Tone.NEGATIVE]

    def at(self, ms: float) -> float:
        """The tone around a moment: a mean of what was said near it."""
        width = max(LEAST_SMOOTHING_MS, self.length_ms / 40)
        weights = [(math.exp(-(((at - ms) / width) ** 2) / 2), tone) for at, tone in self.points]
        total = CALM + sum(weight for weight, _ in weights)
        return sum(weight * tone for weight, tone in weights) / total


def _height(tone: float) -> float:
    """From the top: -1 at 3, NEGATIVE at the band's edge, 0 at 30, 1 at 41."""
    if tone <= NEGATIVE:
        return 3 + (tone + 1) / (NEGATIVE + 1) * (BAND - 3)
    if tone <= 0:
        return 30 + tone / NEGATIVE * (BAND - 30)
    return 30 + 11 * tone
