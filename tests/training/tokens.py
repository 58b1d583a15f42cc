"""Whisper's tokens, and the few of them that the model can write: training counts only those."""

from __future__ import annotations

import tarfile
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tests.training import ARCHIVE
from tests.training.sentences import every_word

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, START, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS = 50_257, 50_258, 50_359, 50_362, 50_363
FIRST_TIME, TIMES = 50_364, 1_501
TIME_S = 0.02
LANGUAGES = {"ko": 50_264, "en": 50_259}
SPECIAL = (END, START, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS, *LANGUAGES.values())
PUNCTUATION = ".,?!"


@cache
def tokenizer() -> Tokenizer:
    """Whisper's own, from the archive of the model."""
    from tokenizers import Tokenizer

    with tarfile.open(ARCHIVE) as archive:
        file = archive.extractfile("tokenizer.json")
        assert file is not None
        return Tokenizer.from_buffer(file.read())


@cache
def of_word(word: str) -> tuple[int, ...]:
    return tuple(tokenizer().encode(f" {word}", add_special_tokens=False).ids)


@cache
def written() -> npt.NDArray[np.int64]:
    """Every token that the model can write, times last and in their order."""
    words = {token for word in every_word() for token in of_word(word)}
    times = range(FIRST_TIME, FIRST_TIME + TIMES)
    return np.array([*sorted(words), *SPECIAL, *times], np.int64)


@cache
def _places() -> dict[int, int]:
    return {int(token): place for place, token in enumerate(written())}


def place(token: int) -> int:
    """Where a token stands in `written`."""
    return _places()[token]


def first_time() -> int:
    """The place of the first time."""
    return len(written()) - TIMES


def time(seconds: float) -> int:
    return FIRST_TIME + min(TIMES - 1, max(0, round(seconds / TIME_S)))


def letters(word: str) -> int:
    """How many tokens of a word are said: its punctuation comes last, and is not."""
    return max(1, len(of_word(word.rstrip(PUNCTUATION))))
