"""Sound for simulated parties: a recorded file played in real time, then silence."""

from __future__ import annotations

import asyncio
import fractions
import time
from pathlib import Path

import av
import numpy as np
from aiortc import MediaStreamTrack

SAMPLE_RATE = 48_000
FRAME_SAMPLES = 960


def read_pcm(path: Path) -> np.ndarray:
    """A sound file as mono int16 at 48 kHz. Raises av.FFmpegError when it cannot be read."""
    pieces: list[np.ndarray] = []
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            pieces.extend(piece.to_ndarray()[0] for piece in resampler.resample(frame))
    pieces.extend(piece.to_ndarray()[0] for piece in resampler.resample(None))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


class SpeechTrack(MediaStreamTrack):
    """Plays `samples` (mono int16, 48 kHz) in 20 ms frames once `start` is called; silence before and after."""

    kind = "audio"

    def __init__(self, samples: np.ndarray) -> None:
        super().__init__()
        self._samples = samples
        self._position: int | None = None
        self._frames = 0
        self._began = 0.0
        self.finished = asyncio.Event()

    def start(self) -> None:
        if self._position is None:
            self._position = 0

    @property
    def seconds(self) -> float:
        return len(self._samples) / SAMPLE_RATE

    async def recv(self) -> av.AudioFrame:
        await self._pace()
        frame = av.AudioFrame.from_ndarray(self._next().reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._frames * FRAME_SAMPLES
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._frames += 1
        return frame

    async def _pace(self) -> None:
        if not self._frames:
            self._began = time.monotonic()
        due = self._began + self._frames * FRAME_SAMPLES / SAMPLE_RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _next(self) -> np.ndarray:
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        if self._position is None:
            return frame
        piece = self._samples[self._position : self._position + FRAME_SAMPLES]
        frame[: len(piece)] = piece
        self._position += len(piece)
        if self._position >= len(self._samples):
            self.finished.set()
        return frame
