"""Speech to text behind one door: what an engine must give, whoever makes it.

Audio is always float32, mono, 16 kHz, -1..1. Times are integer milliseconds from the first sample plus
`offset_ms`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from transcripts.engines import cleaning, guards, vad
from transcripts.engines.words import Segment, Transcription, Word

SAMPLE_RATE = 16_000

Samples = npt.NDArray[np.float32]


class SpeechError(Exception):
    """Something went wrong on the way from audio to text.

    `code` is stable and safe to log and to store; `retry` says whether the same audio may work later.
    """

    code = "speech_error"
    retry = False


class RecognitionError(SpeechError):
    """The engine gave up on audio that is well-formed (out of memory, a lost device)."""

    code = "recognition_failed"
    retry = True


class EngineUnavailable(SpeechError):
    """No engine can do this now. `how_to_install` is a sentence with the command to run."""

    code = "engine_unavailable"
    retry = True

    def __init__(self, reason: str, how_to_install: str) -> None:
        super().__init__(f"{reason}. {how_to_install}")
        self.reason = reason
        self.how_to_install = how_to_install


class LanguageUnsupported(EngineUnavailable):
    """The engine is there, and does not know the language of this call."""

    code = "language_unsupported"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an engine can be had. `code` is "" or stable and safe to log; `how` what to do about it."""

    ok: bool
    code: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do. `window_ms` is the longest stretch it hears at once (0: one piece of speech)."""

    languages: frozenset[str]
    word_times: bool
    live: bool
    offline: bool
    window_ms: int = 0
    # Hears so much wrong that a page must say so beside every text of it.
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who wrote the text: kept with every utterance."""

    engine: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser gave for one window: the language that it heard in, and the words."""

    language: str
    words: list[Word]


class _Recognise(Protocol):
    def __call__(self, audio: Samples, /, *, language: str | None) -> Heard: ...


class SpeechEngine(ABC):
    """One way to turn speech into text. Models are loaded by the constructor, once per process.

    `listening` is how closely voice activity is looked for before the recogniser is asked.
    """

    capabilities: Capabilities
    provenance: Provenance
    listening: vad.Listening = vad.LIVE

    def transcribe(self, audio: Samples, *, language: str | None, offset_ms: int = 0) -> Transcription:
        """Hear `audio` and give its utterances, one per piece of speech.

        `language` is "ko", "en" or None: then the first window decides for all. No speech gives no
        segments: the recogniser is not asked, because one that hears silence invents sentences. Raises
        RecognitionError.
        """
        return self._through(self.recognise, audio, language, offset_ms)

    def draft(self, audio: Samples, *, language: str | None, offset_ms: int = 0) -> Transcription:
        """Hear speech that goes on, as `transcribe` does, but sooner and less surely: for text that the finished
        utterance replaces. Its word times are rough. Raises RecognitionError.
        """
        return self._through(self.recognise_draft, audio, language, offset_ms)

    def hearings(
        self, audio: Samples, *, language: str | None, offset_ms: int = 0
    ) -> tuple[Transcription, ...]:
        """What is heard in `audio`, and, where it is noisy, what is heard once the noise is turned down: a word that
        only one of them has was perhaps said. Raises RecognitionError.
        """
        first = self.transcribe(audio, language=language, offset_ms=offset_ms)
        if not cleaning.is_noisy(audio):
            return (first,)
        return (
            first,
            self.transcribe(
                cleaning.cleaned(audio), language=language or first.language or None, offset_ms=offset_ms
            ),
        )

    def _through(
        self, recognise: _Recognise, audio: Samples, language: str | None, offset_ms: int
    ) -> Transcription:
        segments: list[Segment] = []
        for window in vad.windows(vad.speech_spans(audio, self.listening), self.capabilities.window_ms):
            start = window[0].start_ms
            heard = recognise(audio[_sample(start) : _sample(window[-1].end_ms)], language=language)
            language = heard.language
            segments += guards.utterances([word.shifted(start) for word in heard.words], window)
        return Transcription(language or "", tuple(segment.shifted(offset_ms) for segment in segments))

    @abstractmethod
    def recognise(self, audio: Samples, *, language: str | None) -> Heard:
        """Hear one window of speech; word times count from its first sample. Raises RecognitionError."""

    def recognise_draft(self, audio: Samples, *, language: str | None) -> Heard:
        """As `recognise`, by a quicker way where the engine has one."""
        return self.recognise(audio, language=language)


def _sample(ms: int) -> int:
    return ms * SAMPLE_RATE // 1000
