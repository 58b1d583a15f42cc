"""Rough English by pocketsphinx: a small acoustic model that comes with its package and hears about two words
in three. For a house that can have no Whisper model at all; every page that shows its text says "rough".
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from transcripts.engines.base import (
    Capabilities,
    EngineUnavailable,
    Heard,
    Provenance,
    RecognitionError,
    Samples,
    SpeechEngine,
)
from transcripts.engines.words import Word

if TYPE_CHECKING:
    from pocketsphinx import Decoder

NAME = "pocketsphinx"
INSTALL = "Run: pip install -r config/requirements/extra-rough-english.in"
FRAMES_PER_SECOND = 100


class SphinxEngine(SpeechEngine):
    """English only, one piece of speech at a time. Raises EngineUnavailable without its package."""

    capabilities = Capabilities(
        languages=frozenset({"en"}), word_times=True, live=True, offline=True, window_ms=0, rough=True
    )

    def __init__(self) -> None:
        check()
        import pocketsphinx

        self._decoder: Decoder = pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL")
        self._lock = Lock()  # a decoder holds one utterance at a time
        self.provenance = Provenance(NAME, "en-us", importlib.metadata.version("pocketsphinx"))

    def recognise(self, audio: Samples, *, language: str | None) -> Heard:
        pcm = (np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes()
        with self._lock:
            try:
                return Heard("en", self._words(pcm))
            except RuntimeError as error:
                raise RecognitionError(type(error).__name__) from error

    def _words(self, pcm: bytes) -> list[Word]:
        decoder = self._decoder
        decoder.start_utt()
        try:
            decoder.process_raw(pcm, full_utt=True)
        finally:
            decoder.end_utt()
        weigh = decoder.get_logmath().exp
        return [_word(part, weigh(part.prob)) for part in decoder.seg() or () if _is_word(part.word)]


def check() -> None:
    """Raises EngineUnavailable when the package is not installed."""
    if importlib.util.find_spec("pocketsphinx") is None:
        raise EngineUnavailable("Rough English (pocketsphinx) is not installed", INSTALL)


def _is_word(text: str) -> bool:
    """Not silence, breath or noise: <s>, <sil>, [NOISE], ++UM++."""
    return text[:1].isalpha() or text[:1] == "'"


def _word(part: Any, probability: float) -> Word:
    text = part.word.split("(")[0]  # "the(2)" is the second way to say it
    return Word(
        text=f" {text}",
        start_ms=part.start_frame * 1000 // FRAMES_PER_SECOND,
        end_ms=(part.end_frame + 1) * 1000 // FRAMES_PER_SECOND,
        confidence=round(min(max(probability, 0.0), 1.0), 3),
    )
