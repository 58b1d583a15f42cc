"""Synthetic speech of which every word's time is known: espeak-ng's library says when each sound begins."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from calls.media.opus import SAMPLE_RATE
from tests.accuracy.channel import Samples, resampled

_SYNCHRONOUS, _UTF8 = 2, 1
_RATE, _PITCH = 1, 3
_PHONEME = 7
_PAUSE = "_"


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word, and the seconds in which it sounds; the silence before and after it is not its own."""

    text: str
    start: float
    end: float


class _Espeak:
    """The library keeps one voice per process, and calls back with sound and events while it speaks."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 1)
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._events: list[tuple[int, float, str]] = []

    def say(
        self, text: str, voice: str, rate: int, pitch: int
    ) -> tuple[Samples, list[tuple[int, float, str]]]:
        self._blocks, self._events = [], []
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        line = text.encode() + b"\0"
        self._library.espeak_Synth(line, ctypes.c_size_t(len(line)), 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return (np.concatenate(self._blocks) / 32768).astype(np.float32), self._events

    def _receive(self, wave: object, count: int, events: object) -> int:
        if count > 0 and wave:
            self._blocks.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())  # type: ignore[call-overload]
        number = 0
        while (event := events[number]).type:  # type: ignore[index]
            name = event.id.string.decode("utf8", "replace") if event.type == _PHONEME else ""
            self._events.append((event.type, event.audio_position / 1000, name))
            number += 1
        return 0


@cache
def _espeak() -> _Espeak:
    return _Espeak()


SILENT = 0.004


def say(text: str, voice: str, rate: int = 160, pitch: int = 50) -> tuple[Samples, list[Spoken]]:
    """48 kHz samples of `text`, and its words.

    espeak runs words together in what it tells of them, so its sounds are counted: a word ends after as many sounds as
    the text up to it has when said alone.
    """
    counts = [len(_sounds(_espeak().say(part, voice, rate, pitch)[1])) for part in _beginnings(text)]
    sound, events = _espeak().say(text, voice, rate, pitch)
    times = [*_sounds(events), len(sound) / _espeak().rate]
    samples = resampled(sound, SAMPLE_RATE, _espeak().rate)
    edges = [0, *(min(count, len(times) - 1) for count in counts)]
    spans = zip(text.split(), edges, edges[1:], strict=False)
    return samples, [_trimmed(word, times[first], times[after], samples) for word, first, after in spans]


def _beginnings(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[: number + 1]) for number in range(len(words))]


def _sounds(events: list[tuple[int, float, str]]) -> list[float]:
    """When each sound begins, in seconds; pauses are none."""
    return [seconds for kind, seconds, name in events if kind == _PHONEME and not name.startswith(_PAUSE)]


def _trimmed(word: str, start: float, end: float, samples: Samples) -> Spoken:
    first = int(start * SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(samples[first : int(end * SAMPLE_RATE)]) > SILENT)
    if not len(loud):
        return Spoken(word, start, end)
    return Spoken(word, (first + int(loud[0])) / SAMPLE_RATE, (first + int(loud[-1]) + 1) / SAMPLE_RATE)
