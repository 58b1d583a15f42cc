"""How much sound Whisper's encoder is given at once.

It was trained on 30 s and takes as long for a word as for half a minute; given less, it is several times quicker
(docs/benchmarks.md). A model that is given little more than the speech repeats itself or stops early, so a window keeps
room after it, and what a short window gave is looked at before it is believed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel

from transcripts.engines.vad import SAMPLE_RATE

FRAMES_PER_SECOND = 100
WHOLE_S = 30
SPARE_S = 3

_frames: ContextVar[int] = ContextVar("encoder frames", default=WHOLE_S * FRAMES_PER_SECOND)


class WindowedModel(WhisperModel):  # type: ignore[misc]  # faster-whisper tells no types
    """A model whose windows are cut where `window` says so, in this thread."""

    def encode(self, features: np.ndarray) -> StorageView:
        return super().encode(np.ascontiguousarray(features[..., : _frames.get()]))


@contextmanager
def window(seconds: int) -> Iterator[None]:
    before = _frames.set(seconds * FRAMES_PER_SECOND)
    try:
        yield
    finally:
        _frames.reset(before)


def seconds_for(samples: int, shortest_s: int) -> int:
    """The window for so much sound: whole seconds, room after it, at least `shortest_s`."""
    return min(WHOLE_S, max(shortest_s, math.ceil(samples / SAMPLE_RATE) + SPARE_S))
