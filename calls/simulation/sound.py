"""Made-up sound for load: bursts of a tone with pauses, cut like speech."""

from __future__ import annotations

import numpy as np

from calls.simulation.speech import SAMPLE_RATE


def bursts(
    seconds: float, hertz: float, *, on: float = 1.6, off: float = 0.9, offset: float = 0.0
) -> np.ndarray:
    """Mono int16 at 48 kHz: `on` seconds of tone and `off` seconds of silence in turn, at -12 dBFS."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sounding = ((t + offset) % (on + off)) < on
    return (np.sin(2 * np.pi * hertz * t) * sounding * 8192).astype(np.int16)
