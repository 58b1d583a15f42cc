"""One side of a call cut into stretches that fit into memory, each a run of chunks on its own time line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calls.models import Chunk, Recording
from transcripts.actions.sound import heard
from transcripts.engines.base import SAMPLE_RATE, Samples
from transcripts.engines.decode import DecodeError
from transcripts.engines.words import Segment

MAX_STRETCH_MS = 5 * 60_000
MAX_PAUSE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring chunks of one recording. `start_ms` counts from the agent's answer and may be below
    zero.
    """

    recording_id: int
    language: str
    chunks: tuple[Chunk, ...]

    @property
    def start_ms(self) -> int:
        return self.chunks[0].offset_ms()

    def audio(self) -> tuple[Samples, list[Chunk]]:
        """The sound of all chunks, each in its place, and the chunks that could not be read."""
        parts: list[tuple[int, Samples]] = []
        unreadable: list[Chunk] = []
        for chunk in self.chunks:
            try:
                parts.append((self._sample(chunk.offset_ms()), heard(chunk)))
            except DecodeError:
                unreadable.append(chunk)
        line = np.zeros(max((at + len(sound) for at, sound in parts), default=0), np.float32)
        for at, sound in parts:
            line[at : at + len(sound)] = sound
        return line, unreadable

    def chunk_at(self, segment: Segment) -> Chunk:
        """The chunk in which the middle of a segment lies, or the nearest one."""
        middle = (segment.start_ms + segment.end_ms) // 2
        return min(self.chunks, key=lambda chunk: _distance(chunk, middle))

    def _sample(self, ms: int) -> int:
        return (ms - self.start_ms) * SAMPLE_RATE // 1000


def stretches(recording: Recording) -> list[Stretch]:
    """The stretches of one side, in order. Chunks in which nobody spoke are left out."""
    groups: list[list[Chunk]] = []
    for chunk in sorted(recording.chunks.all(), key=lambda c: c.started_ms):
        if not chunk.has_speech:
            continue
        if groups and _continues(groups[-1], chunk):
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    language = recording.call.language
    return [Stretch(recording.pk, language, tuple(_joined(group, recording))) for group in groups]


def _joined(group: list[Chunk], recording: Recording) -> list[Chunk]:
    """Every chunk knows its recording without another query."""
    for chunk in group:
        chunk.recording = recording
    return group


def _continues(group: list[Chunk], chunk: Chunk) -> bool:
    last = group[-1]
    pause = chunk.started_ms - (last.started_ms + last.duration_ms)
    length = chunk.started_ms + chunk.duration_ms - group[0].started_ms
    return pause <= MAX_PAUSE_MS and length <= MAX_STRETCH_MS


def _distance(chunk: Chunk, middle_ms: int) -> int:
    start = chunk.offset_ms()
    return max(start - middle_ms, middle_ms - start - chunk.duration_ms, 0)
