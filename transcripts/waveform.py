"""How loud each side was over the whole call: numbers for a drawing, made once and kept beside the audio.

The masked file is measured, not the original: the drawing tells nothing that may not be heard.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

logger = logging.getLogger(__name__)

STEP_MS = 100
"""One stored level per tenth of a second; a drawing takes the loudest of those under each bar."""
LOUD = 0.25
"""RMS of close, loud speech (full scale is 1.0): drawn as a full bar."""

BAR_WIDTH = 4
HEIGHT = 56


def levels(audio: Path) -> list[int]:
    """Loudness of each STEP_MS, 0 to 100. Read from the note beside the file, measured when there is none.

    An unreadable file is silent: the page still shows the transcript.
    """
    note = audio.with_suffix(".levels.json")
    if _is_fresh(note, audio):
        kept: list[int] = json.loads(note.read_text(encoding="ascii"))
        return kept
    try:
        measured = list(measure(audio))
    except (av.error.FFmpegError, OSError) as error:
        logger.warning("waveform: %s cannot be read: %s", audio.name, type(error).__name__)
        return []
    draft = note.with_suffix(".part")
    draft.write_text(json.dumps(measured), encoding="ascii")
    draft.replace(note)
    return measured


def _is_fresh(note: Path, audio: Path) -> bool:
    return note.exists() and audio.exists() and note.stat().st_mtime >= audio.stat().st_mtime


def measure(audio: Path) -> Iterator[int]:
    """Decode once, frame by frame; only sums are kept."""
    power, count = 0.0, 0
    with av.open(str(audio)) as container:
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray()
            power += float(np.vdot(samples, samples))
            count += samples.size
            if count * 1000 >= STEP_MS * frame.sample_rate * len(frame.layout.channels):
                yield _level(power / count)
                power, count = 0.0, 0
    if count:
        yield _level(power / count)


def _level(power: float) -> int:
    """`power` is the mean square of samples between -1 and 1."""
    return min(100, round(100 * math.sqrt(math.sqrt(power) / LOUD)))


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG path data in a box of `width` x HEIGHT, and the veils over masked spans as (x, width)."""

    width: int
    voice: str
    beeps: str
    veils: list[tuple[float, float]]


def draw(steps: Sequence[int], length_ms: int, masked: Sequence[tuple[int, int]], bars: int = 310) -> Drawing:
    """Bars over the whole call; those inside `masked` (start and end, ms) are drawn as a beep: all alike."""
    width = bars * BAR_WIDTH
    per_bar = max(1.0, length_ms / bars)
    voice: list[str] = []
    beeps: list[str] = []
    for bar in range(bars):
        start, end = bar * per_bar, (bar + 1) * per_bar
        if any(first < end and last > start for first, last in masked):
            beeps.append(_bar(bar, 40))
        else:
            voice.append(_bar(bar, _loudest(steps, start, end)))
    scale = width / max(1, length_ms)
    veils = [(round(first * scale, 1), round((last - first) * scale, 1)) for first, last in masked]
    return Drawing(width, "".join(voice), "".join(beeps), veils)


def _loudest(steps: Sequence[int], start: float, end: float) -> int:
    first = int(start // STEP_MS)
    return max(steps[first : max(first + 1, int(-(-end // STEP_MS)))], default=0)


def _bar(bar: int, level: int) -> str:
    half = max(0.5, level / 100 * (HEIGHT - 8) / 2)
    return f"M{bar * BAR_WIDTH + 2} {HEIGHT / 2 - half:.1f}v{2 * half:.1f}"
