"""Where somebody speaks: Silero VAD as it comes with faster-whisper (no download, 0.1 % of real time)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
MAX_SPEECH_S = 28.0
# Two pieces of speech further apart than this are never heard in one window: long silences invite invention.
MAX_GAP_MS = 2_000


@dataclass(frozen=True, slots=True)
class Listening:
    """How closely to listen. Speech begins where its probability reaches `begin` and goes on until it stays
    below `go_on` for `silence_ms`: two levels, so that a soft syllable does not cut a sentence.
    """

    begin: float
    go_on: float
    silence_ms: int
    pad_ms: int
    min_speech_ms: int


# The chunk was cut by the media server's gate a moment ago: what it took for speech is looked at once more.
LIVE = Listening(begin=0.5, go_on=0.35, silence_ms=450, pad_ms=200, min_speech_ms=120)
# Whole sides: a breath inside a sentence does not part it, soft ends are kept. Beginnings are not taken more
# lightly: below 0.5 nothing more was found in speech at -5 dB, and three times the noise (docs/decisions/0004).
OFFLINE = Listening(begin=0.5, go_on=0.3, silence_ms=600, pad_ms=250, min_speech_ms=90)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of speech, padded, in milliseconds from the first sample."""

    start_ms: int
    end_ms: int


def speech_spans(audio: npt.NDArray[np.float32], listening: Listening = LIVE) -> list[Span]:
    """The pieces of speech in 16 kHz mono audio, in order, not overlapping. Silence, tones and noise give
    none.
    """
    if len(audio) < SAMPLE_RATE * listening.min_speech_ms // 1000:
        return []
    # Imported here: it takes a second, and the web process imports this package for its types.
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=listening.begin,
        neg_threshold=listening.go_on,
        min_silence_duration_ms=listening.silence_ms,
        speech_pad_ms=listening.pad_ms,
        min_speech_duration_ms=listening.min_speech_ms,
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
