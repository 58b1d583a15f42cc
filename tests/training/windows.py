"""What the model is shown: windows of sound as the product gives them, and what it should write, word by word in time.

A window is written down here, and its sound made later, for many at once (`tests/training/sound.py`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tests.training import tokens
from tests.training.spoken import RATE, Utterance

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.15, 2.0
EDGE_S = 0.6
"""As much as voice activity leaves before and after speech, at most."""
HEARD = 0.6
"""Of a word that is cut off: with less it is none."""
FLUCTUATION_DB = 3.0
POINT_S = 0.02
LONGEST_TOKENS = 300

NO_TIME = (-1.0, -1.0)
# (share, most utterances, whether a beginning or an end may be cut)
KINDS = ((0.50, 1, False), (0.14, 1, True), (0.20, 4, False), (0.12, 12, True), (0.04, 0, False))


@dataclass(frozen=True, slots=True)
class Piece:
    """`length` samples of the speech from `source`, at `target` of the window, `gain` times as loud."""

    source: int
    target: int
    length: int
    gain: float


@dataclass(slots=True)
class Window:
    """`tokens` in places of `tokens.written`, with the seconds in which each is said (NO_TIME for what is not)."""

    length: int = 0
    pieces: list[Piece] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)
    sounds: list[tuple[float, str]] = field(default_factory=list)

    def write(self, token: int, time: tuple[float, float] = NO_TIME) -> None:
        self.tokens.append(tokens.place(token))
        self.times.append(time)


@dataclass(frozen=True, slots=True)
class Part:
    """An utterance from one second of it to another, placed in a window."""

    utterance: Utterance
    at: float
    begin: float
    end: float

    @property
    def until(self) -> float:
        return self.at + self.end - self.begin

    def moved(self, second: float) -> float:
        """Of the utterance, as a second of the window."""
        return self.at + second - self.begin


class Maker:
    """Makes windows of one language each from `utterances`."""

    def __init__(self, utterances: Sequence[Utterance], dice: random.Random) -> None:
        self._dice = dice
        self._utterances = {
            language: [each for each in utterances if each.language == language]
            for language in tokens.LANGUAGES
        }

    def window(self, longest_s: float) -> Window:
        [(_, most, cut)] = self._dice.choices(KINDS, [share for share, _, _ in KINDS])
        if not most:
            return self._empty(longest_s)
        language = "ko" if self._dice.random() < 0.55 else "en"
        parts = self._parts(language, longest_s, self._dice.randint(1, most), cut)
        edge = self._dice.uniform(0.0, EDGE_S) if parts[-1].end == parts[-1].utterance.seconds else 0.0
        length = min(longest_s, parts[-1].until + edge)
        return _written(language, parts, length, times=self._dice.random() < 0.6, dice=self._dice)

    def plain(self, utterance: Utterance) -> Window:
        """One utterance with the usual edges."""
        part = Part(utterance, 0.2, 0.0, utterance.seconds)
        return _written(utterance.language, [part], part.until + 0.2, times=False, dice=random.Random(0))

    def _empty(self, longest_s: float) -> Window:
        window = Window(length=int(self._dice.uniform(0.5, longest_s) * RATE))
        for token in (tokens.START, tokens.NO_SPEECH, tokens.END):
            window.write(token)
        return window

    def _parts(self, language: str, longest_s: float, most: int, cut: bool) -> list[Part]:
        at = self._dice.choice((0.0, 0.2, self._dice.uniform(0.0, EDGE_S)))
        parts: list[Part] = []
        while len(parts) < most:
            utterance = self._dice.choice(self._utterances[language])
            begin = self._dice.uniform(0, 0.7) * utterance.seconds if cut and not parts else 0.0
            if at + utterance.seconds - begin > longest_s - 0.1:
                break
            parts.append(Part(utterance, at, begin, utterance.seconds))
            at = parts[-1].until + self._dice.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S)
        if not parts:
            return self._parts(language, longest_s, most, cut=False)
        if cut and self._dice.random() < 0.6:
            parts[-1] = self._shortened(parts[-1])
        return parts

    def _shortened(self, part: Part) -> Part:
        end = part.begin + (part.end - part.begin) * self._dice.uniform(0.4, 1.0)
        return Part(part.utterance, part.at, part.begin, end)


def _written(
    language: str, parts: list[Part], length_s: float, *, times: bool, dice: random.Random
) -> Window:
    window = Window(length=int(length_s * RATE))
    for token in (tokens.START, tokens.LANGUAGES[language], tokens.TRANSCRIBE):
        window.write(token)
    if not times:
        window.write(tokens.NO_TIMESTAMPS)
    for part in parts:
        _write_part(window, part, times)
        window.pieces.append(_piece(part, dice))
        window.sounds += list(_sounds(part))
    window.write(tokens.END, NO_TIME if times else _point(parts[-1].until))
    return window


def _write_part(window: Window, part: Part, times: bool) -> None:
    said = list(_said(part))
    if not said:
        return
    if times:
        window.write(tokens.time(part.at), _point(part.at))
    for word, start, end in said:
        of_word, letters = tokens.of_word(word), tokens.letters(word)
        for number, token in enumerate(of_word):
            share = (end - start) / letters
            time = (start + share * number, start + share * (number + 1))
            # Punctuation stands at its word's end: faster-whisper ends a word where its punctuation begins.
            window.write(token, time if number < letters else _point(end))
    if times:
        window.write(tokens.time(part.until), _point(part.until))


def _said(part: Part) -> Iterator[tuple[str, float, float]]:
    """The words of which enough is heard, and when, in the window."""
    for word in part.utterance.words:
        length = max(word.end - word.start, 0.06)
        start, end = max(word.start, part.begin), min(word.start + length, part.end)
        if end - start >= HEARD * length:
            text = word.text if word.end <= part.end else word.text.rstrip(tokens.PUNCTUATION)
            yield text, part.moved(start), part.moved(end)


def _sounds(part: Part) -> Iterator[tuple[float, str]]:
    for second, name in part.utterance.sounds:
        if part.begin <= second < part.end:
            yield part.moved(second), name
    yield part.until, "_"


def _piece(part: Part, dice: random.Random) -> Piece:
    return Piece(
        part.utterance.start + int(part.begin * RATE),
        int(part.at * RATE),
        int((part.end - part.begin) * RATE),
        10 ** (dice.uniform(-FLUCTUATION_DB, FLUCTUATION_DB) / 20),
    )


def _point(second: float) -> tuple[float, float]:
    return second - POINT_S, second + POINT_S


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows as arrays. `pieces` are rows (window, source, target, length); `wanted` is -1 after a window's last token;
    `sounds` names a phoneme per 20 ms, 0 is none.
    """

    lengths: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float32]
    wanted: npt.NDArray[np.int64]
    times: npt.NDArray[np.float32]
    sounds: npt.NDArray[np.int64]

    def arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        """In their order."""
        return self.lengths, self.pieces, self.gains, self.wanted, self.times, self.sounds


def batch(windows: Sequence[Window], longest_s: float, names: dict[str, int]) -> Batch:
    widest = min(LONGEST_TOKENS, max(len(window.tokens) for window in windows))
    wanted = np.full((len(windows), widest), -1, np.int64)
    times = np.full((len(windows), widest, 2), -1, np.float32)
    sounds = np.zeros((len(windows), round(longest_s / tokens.TIME_S)), np.int64)
    pieces, gains = [], []
    for row, window in enumerate(windows):
        count = min(widest, len(window.tokens))
        wanted[row, :count], times[row, :count] = window.tokens[:count], window.times[:count]
        _draw(sounds[row], window.sounds, names)
        pieces += [(row, piece.source, piece.target, piece.length) for piece in window.pieces]
        gains += [piece.gain for piece in window.pieces]
    return Batch(
        np.array([window.length for window in windows], np.int64),
        np.array(pieces, np.int64).reshape(-1, 4),
        np.array(gains, np.float32),
        wanted,
        times,
        sounds,
    )


def _draw(line: npt.NDArray[np.int64], sounds: list[tuple[float, str]], names: dict[str, int]) -> None:
    """Each sound lasts until the next one; pauses are no sound."""
    edges = [*(round(second / tokens.TIME_S) for second, _ in sounds), len(line)]
    for (_, name), begin, end in zip(sounds, edges, edges[1:], strict=False):
        line[begin:end] = names.get(name, 0)


def names_of(utterances: Sequence[Utterance]) -> dict[str, int]:
    """A number for each sound, from 1; pauses have none."""
    found = {name for each in utterances for _, name in each.sounds if not name.startswith("_")}
    return {name: number for number, name in enumerate(sorted(found), start=1)}
