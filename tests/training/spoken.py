"""The sentences as sound: spoken once, by many voices, and kept in one file."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.espeak import Spoken, Voice, espeak, words
from tests.training.sentences import a_sentence
from tests.training.voices import a_checking_voice, a_voice

RATE = 16_000
CHECKED = 400
"""Utterances of the voices that are not learnt."""
PROCESSED = 100
"""Utterances that a process speaks at once."""

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A spoken sentence: where its samples lie in `Speech.samples`, its words, and its sounds as (second, name)."""

    language: str
    text: str
    start: int
    length: int
    words: tuple[Spoken, ...]
    sounds: tuple[tuple[float, str], ...]

    @property
    def seconds(self) -> float:
        return self.length / RATE


@dataclass(frozen=True, slots=True)
class Speech:
    """All that was spoken: 16 kHz samples in one line. The first CHECKED utterances are for checking."""

    samples: Samples
    utterances: list[Utterance]


def speak(count: int, path: Path) -> None:
    """Speak `count` sentences with every processor, and write them."""
    pieces = range(-CHECKED // PROCESSED, count // PROCESSED)
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        spoken = [each for piece in pool.map(_piece, pieces) for each in piece]
    lines, start = [], 0
    for samples, line in spoken:
        lines.append(line | {"start": start})
        start += len(samples)
    np.savez(path, samples=np.concatenate([samples for samples, _ in spoken]), lines=json.dumps(lines))


def load(path: Path) -> Speech:
    with np.load(path) as file:
        return Speech(file["samples"], [_utterance(line) for line in json.loads(str(file["lines"]))])


def _utterance(line: dict[str, object]) -> Utterance:
    said = tuple(Spoken(*word) for word in line.pop("words"))  # type: ignore[attr-defined]
    sounds = tuple((start, name) for start, name in line.pop("sounds"))  # type: ignore[attr-defined]
    return Utterance(words=said, sounds=sounds, **line)  # type: ignore[arg-type]


def _piece(number: int) -> list[tuple[Samples, dict[str, object]]]:
    """Pieces below zero are spoken by the voices for checking."""
    dice = random.Random(number)
    return list(_said(PROCESSED, dice, a_checking_voice if number < 0 else a_voice))


def _said(
    count: int, dice: random.Random, voice_for: Callable[[str, random.Random], Voice]
) -> Iterator[tuple[Samples, dict[str, object]]]:
    for _ in range(count):
        language, text = a_sentence(dice)
        voice = voice_for(language, dice)
        sound, sounds = espeak().say(text, voice)
        samples = _at_rate(sound, espeak().rate)
        yield (
            samples,
            {
                "language": language,
                "text": text,
                "length": len(samples),
                "words": [(word.text, word.start, word.end) for word in words(text, voice, sound, sounds)],
                "sounds": [(each.start, each.name) for each in sounds],
            },
        )


def _at_rate(sound: npt.NDArray[np.float32], rate: int) -> Samples:
    from scipy.signal import resample_poly

    divisor = np.gcd(RATE, rate)
    resampled = resample_poly(sound, RATE // divisor, rate // divisor)
    return (np.clip(resampled, -1, 1) * 32767).astype(np.int16)
