"""Synthetic speech of which every word's time is known: espeak-ng's library says when each sound begins."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_SYNCHRONOUS, _PHONEME_NAMES, _UTF8 = 2, 1, 1
_RATE, _PITCH, _RANGE, _GAP = 1, 3, 4, 7
_PHONEME = 7
_PAUSE = "_"
SILENT = 0.004


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
class Voice:
    """A voice as espeak-ng names it (`ko+f2`), words a minute, and pitch (0..100). Range and pauses between words (in 10 ms)
    are the library's own where none are given.
    """

    name: str
    rate: int = 160
    pitch: int = 50
    pitch_range: int | None = None
    gap: int | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """A phoneme, by espeak-ng's name, and the second in which it begins."""

    name: str
    start: float

    @property
    def is_pause(self) -> bool:
        return self.name.startswith(_PAUSE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word, and the seconds in which it sounds; the silence before and after it is not its own."""

    text: str
    start: float
    end: float


class Espeak:
    """The library keeps one voice per process, and calls back with sound and events while it speaks."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_NAMES)
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._sounds: list[Sound] = []

    def say(self, text: str, voice: Voice) -> tuple[Samples, list[Sound]]:
        """Samples at `rate`, and what sounds when. Raises ValueError for an unknown voice."""
        self._blocks, self._sounds = [], []
        self._take(voice)
        line = text.encode() + b"\0"
        self._library.espeak_Synth(line, ctypes.c_size_t(len(line)), 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return (np.concatenate(self._blocks) / 32768).astype(np.float32), self._sounds

    def _take(self, voice: Voice) -> None:
        if self._library.espeak_SetVoiceByName(voice.name.encode()):
            raise ValueError(f"espeak-ng has no voice {voice.name}")
        values = {_RATE: voice.rate, _PITCH: voice.pitch, _RANGE: voice.pitch_range, _GAP: voice.gap}
        for parameter, value in values.items():
            if value is not None:
                self._library.espeak_SetParameter(parameter, value, 0)

    def _receive(self, wave: object, count: int, events: object) -> int:
        if count > 0 and wave:
            self._blocks.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())  # type: ignore[call-overload]
        number = 0
        while (event := events[number]).type:  # type: ignore[index]
            if event.type == _PHONEME:
                name = event.id.string.decode("utf8", "replace")
                self._sounds.append(Sound(name, event.audio_position / 1000))
            number += 1
        return 0


@cache
def espeak() -> Espeak:
    return Espeak()


def words(text: str, voice: Voice, samples: Samples, sounds: Sequence[Sound]) -> list[Spoken]:
    """The words of what `Espeak.say` gave.

    espeak runs words together in what it tells of them, so its sounds are counted: a word ends after as many sounds as
    the text up to it has when said alone.
    """
    rate = espeak().rate
    counts = [_count(part, voice) for part in _beginnings(text)]
    times = [*(sound.start for sound in sounds if not sound.is_pause), len(samples) / rate]
    edges = [0, *(min(count, len(times) - 1) for count in counts)]
    spans = zip(text.split(), edges, edges[1:], strict=False)
    return [_trimmed(word, times[first], times[after], samples, rate) for word, first, after in spans]


def _count(text: str, voice: Voice) -> int:
    return sum(not sound.is_pause for sound in espeak().say(text, voice)[1])


def _beginnings(text: str) -> list[str]:
    split = text.split()
    return [" ".join(split[: number + 1]) for number in range(len(split))]


def _trimmed(word: str, start: float, end: float, samples: Samples, rate: int) -> Spoken:
    first = int(start * rate)
    loud = np.flatnonzero(np.abs(samples[first : int(end * rate)]) > SILENT)
    if not len(loud):
        return Spoken(word, start, end)
    return Spoken(word, (first + int(loud[0])) / rate, (first + int(loud[-1]) + 1) / rate)
