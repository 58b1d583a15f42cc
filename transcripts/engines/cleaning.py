"""A voice out of steady noise: how noisy sound is, and the same sound with the noise turned down.

A Wiener filter whose idea of the noise is the quietest fifth of each half minute, and whose gains follow the frame before
(decision-directed, Ephraim and Malah 1984), so that they do not flicker. What is cleaned is for a recogniser's ears only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transcripts.engines.vad import SAMPLE_RATE

NOISY_DB = 26.0
"""A loudest fifth of the frames less than this above the quietest is hard to hear. White noise 10 dB below the speech gives
22 dB, 20 dB below it 32, and prompts of a studio over a telephone line 46 to 88.
"""
FRAME, HOP = 512, 128
BLOCK = 30 * SAMPLE_RATE
SHARE = 0.2
SMOOTHING = 0.98
LEAST_GAIN = 0.1
TINY = 1e-9

Samples = npt.NDArray[np.float32]
Power = npt.NDArray[np.floating]


def is_noisy(audio: Samples) -> bool:
    """Whether speech in `audio` stands little above what sounds besides."""
    frames = audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.sort(np.mean(np.square(frames, dtype=np.float64), axis=1))
    power = power[power > 0]  # nothing at all is between recordings
    count = int(len(power) * SHARE)
    if not count:
        return False
    return bool(10 * np.log10(power[-count:].mean() / power[:count].mean()) < NOISY_DB)


def cleaned(audio: Samples) -> Samples:
    """`audio` with its steady noise turned down; as long as before."""
    blocks = (audio[start : start + BLOCK] for start in range(0, len(audio), BLOCK))
    return np.concatenate([audio[:0], *(_clean(block) for block in blocks)])


def _clean(audio: Samples) -> Samples:
    window = np.sqrt(np.hanning(FRAME + 1)[:-1])
    padded = np.pad(audio, (FRAME, FRAME + -len(audio) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] * window
    spectra = np.fft.rfft(frames, axis=1)
    power = np.abs(spectra) ** 2
    restored = np.fft.irfft(spectra * _gains(power, _noise(power)), FRAME, axis=1) * window
    out = np.zeros(len(padded))
    for number, frame in enumerate(restored):
        out[number * HOP : number * HOP + FRAME] += frame
    overlap = float(np.sum(window**2)) / HOP
    return (out[FRAME : FRAME + len(audio)] / overlap).astype(np.float32)


def _noise(power: Power) -> Power:
    """Of each frequency, in the quietest frames that were recorded."""
    loudness = power.sum(axis=1)
    recorded = loudness[loudness > 0]
    if not len(recorded):
        return np.full(power.shape[1], TINY)
    quiet = (loudness > 0) & (loudness <= np.quantile(recorded, SHARE))
    return np.asarray(power[quiet].mean(axis=0) + TINY)


def _gains(power: Power, noise: Power) -> Power:
    gains = np.empty_like(power)
    voice = np.ones(power.shape[1])
    for number, ratio in enumerate(power / noise):
        likely = SMOOTHING * voice + (1 - SMOOTHING) * np.maximum(ratio - 1, 0)
        gains[number] = np.maximum(likely / (1 + likely), LEAST_GAIN)
        voice = gains[number] ** 2 * ratio
    return gains
