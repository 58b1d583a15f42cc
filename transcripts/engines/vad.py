"""Where somebody speaks: Silero VAD as it comes with faster-whisper (no download, 0.1 % of real time)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
MIN_SILENCE_MS = 450
PAD_MS = 200
MIN_SPEECH_MS = 120
MAX_SPEECH_S = 28.0
# Two pieces of speech further apart than this are never heard in one window: long silences invite invention.
MAX_GAP_MS = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of speech, padded, in milliseconds from the first sample."""

    start_ms: int
    end_ms: int


def speech_spans(audio: npt.NDArray[np.float32]) -> list[Span]:
    """The pieces of speech in 16 kHz mono audio, in order, not overlapping. Silence, tones and noise give
    none.
    """
    if len(audio) < SAMPLE_RATE * MIN_SPEECH_MS // 1000:
        return []
    # Imported here: it takes a second, and the web process imports this package for its types.
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=MIN_SILENCE_MS,
        speech_pad_ms=PAD_MS,
        min_speech_duration_ms=MIN_SPEECH_MS,
        max_speech_duration_s=MAX_SPEECH_S,
    )
    found = get_speech_timestamps(np.nan_to_num(audio, copy=False), options)
    return [Span(int(s["start"]) * 1000 // SAMPLE_RATE, int(s["end"]) * 1000 // SAMPLE_RATE) for s in found]


def windows(spans: list[Span], window_ms: int) -> list[list[Span]]:
    """Group neighbouring pieces of speech into windows of at most `window_ms`; 0 keeps every piece alone."""
    groups: list[list[Span]] = []
    for span in spans:
        group = groups[-1] if groups else None
        if group and _fits(group, span, window_ms):
            group.append(span)
        else:
            groups.append([span])
    return groups


def _fits(group: list[Span], span: Span, window_ms: int) -> bool:
    near = span.start_ms - group[-1].end_ms <= MAX_GAP_MS
    return near and span.end_ms - group[0].start_ms <= window_ms
