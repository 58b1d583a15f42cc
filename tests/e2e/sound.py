"""Looks at recorded sound: where it beeps, and whether it is untouched elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calls.media.ogg import read_packets
from calls.simulation.speech import SAMPLE_RATE, read_pcm

PACKET_MS = 20


def packets(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return list(read_packets(file))


def tone_share(samples: np.ndarray, hertz: float, width: float = 40.0) -> float:
    """The part of the energy that lies within `width` Hz of `hertz`."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(power[np.abs(frequencies - hertz) < width].sum() / max(power.sum(), 1e-9))


def cut(path: Path, start_ms: int, end_ms: int) -> np.ndarray:
    return read_pcm(path)[start_ms * SAMPLE_RATE // 1000 : end_ms * SAMPLE_RATE // 1000].astype(np.float64)


def changed_packets(original: Path, masked: Path) -> list[tuple[int, int]]:
    """The spans, in ms, in which the two files differ packet by packet."""
    spans: list[tuple[int, int]] = []
    for index, (one, other) in enumerate(zip(packets(original), packets(masked), strict=True)):
        if one == other:
            continue
        start = index * PACKET_MS
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], start + PACKET_MS)
        else:
            spans.append((start, start + PACKET_MS))
    return spans
