"""Tracks that play tones and ears that tell which tone they hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import av
import numpy as np
from aiortc import MediaStreamTrack

RATE = 48_000
FRAME = 960


class ToneTrack(MediaStreamTrack):
    """Plays a sine at the pace of a microphone; silence where `loud(seconds)` is given and False."""

    kind = "audio"

    def __init__(
        self, hz: float, loud: Callable[[float], bool] | None = None, *, seconds: float | None = None
    ) -> None:
        super().__init__()
        self._hz = hz
        self._loud = loud
        self._frames = None if seconds is None else int(seconds * RATE / FRAME)
        self._sent = 0
        self._started: float | None = None
        self.finished = asyncio.Event()

    async def recv(self) -> av.AudioFrame:
        await self._pace()
        instants = (np.arange(FRAME) + self._sent * FRAME) / RATE
        loud = self._loud is None or self._loud(self._sent * FRAME / RATE)
        samples = np.sin(2 * np.pi * self._hz * instants) * (10_000 if loud else 0)
        frame = av.AudioFrame.from_ndarray(samples.astype("<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent * FRAME, _time_base()
        self._sent += 1
        return frame

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        if self._started is None:
            self._started = loop.time()
        if self._frames is not None and self._sent >= self._frames:
            self.finished.set()
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(max(0.0, self._started + self._sent * FRAME / RATE - loop.time()))


def _time_base():
    from fractions import Fraction

    return Fraction(1, RATE)


def pitch(samples: np.ndarray, rate: int = RATE) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


async def hear(track: MediaStreamTrack, *, frames: int = 50, loudness: float = 1000.0) -> float:
    """The pitch of the first `frames` frames (20 ms each) that are loud."""
    heard: list[np.ndarray] = []
    while len(heard) < frames:
        frame = await track.recv()
        mono = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(float)
        if np.abs(mono).max() >= loudness:
            heard.append(mono)
    return pitch(np.concatenate(heard), frame.sample_rate)


def decoded(path: str) -> np.ndarray:
    """One channel of an audio file at its own rate."""
    with av.open(path) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate([part.reshape(-1, part.shape[-1])[0] for part in parts]).astype(float)
