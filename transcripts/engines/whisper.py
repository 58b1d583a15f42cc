"""faster-whisper (CTranslate2): Whisper models from a local directory or from the local hub cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcripts.engines import drafts, guards
from transcripts.engines.base import (
    SAMPLE_RATE,
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
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

LANGUAGES = ("ko", "en")
WINDOW_MS = 28_000
CAPTION_WINDOW_S, DRAFT_WINDOW_S = 15, 10
# faster-whisper's own limits, from which it tries again.
LEAST_LOGPROB, MOST_COMPRESSION = -1.0, 2.4
# One re-decode, a little freer, when the first try loops or is sure of nothing.
TEMPERATURES = (0.0, 0.4)
# Korean takes about two tokens a syllable, and nobody says more than ten syllables a second.
TOKENS_PER_SECOND, SPARE_TOKENS, MOST_TOKENS = 20, 40, 220
INSTALL = "Run: manage.py download_speech_model {model}"
NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """`device` and `compute_type` may be "auto": float16 on CUDA, int8 on a CPU. Two one-thread workers
    beat one two-thread worker, hence one thread. The encoder is
    given at least `window_s` of sound, or `draft_window_s` of what goes on."""

    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 1
    beam_size: int = 1
    temperatures: tuple[float, ...] = TEMPERATURES
    window_s: int = 30
    draft_window_s: int = DRAFT_WINDOW_S


class WhisperEngine(SpeechEngine):
    """A Whisper model in memory. Raises EngineUnavailable when it is not on this machine or cannot be
    loaded.
    """

    capabilities = Capabilities(
        languages=frozenset(LANGUAGES), word_times=True, live=True, offline=True, window_ms=WINDOW_MS
    )

    def __init__(self, model: str, models_dir: Path, options: WhisperOptions | None = None) -> None:
        self.options = options or WhisperOptions()
        self._model = load(locate(model, models_dir), model, self.options)
        self.provenance = Provenance("faster-whisper", model_name(model), _version())

    def recognise(self, audio: Samples, *, language: str | None) -> Heard:
        from transcripts.engines.windows import WHOLE_S, seconds_for

        seconds = seconds_for(len(audio), self.options.window_s)
        try:
            language = language or self._guess(audio)
            segments = self._decode(audio, language, seconds)
            if seconds < WHOLE_S and not self._believes(segments):
                segments = self._decode(audio, language, WHOLE_S)
        except RuntimeError as error:
            raise RecognitionError(type(error).__name__) from error
        return Heard(language, _words(segments))

    def recognise_draft(self, audio: Samples, *, language: str | None) -> Heard:
        try:
            language = language or self._guess(audio)
            most, shortest = _most_tokens(audio), self.options.draft_window_s
            words = drafts.hear(self._model, audio, language, most_tokens=most, shortest_s=shortest)
            return Heard(language, words)
        except RuntimeError as error:
            raise RecognitionError(type(error).__name__) from error

    def _decode(self, audio: Samples, language: str, window_s: int) -> list[Segment]:
        """In a short window there is one try: the next one has the whole."""
        from transcripts.engines.windows import WHOLE_S, window

        tries = self.options.temperatures if window_s == WHOLE_S else self.options.temperatures[:1]
        settings = self._settings() | {"temperature": tries, "max_new_tokens": _most_tokens(audio)}
        with window(window_s):
            return list(self._model.transcribe(audio, language=language, **settings)[0])

    def _believes(self, segments: list[Segment]) -> bool:
        """Whether what a short window gave looks like speech: Whisper's own checks, words at all, and no loop."""
        words = _words(segments)
        probable = all(
            segment.avg_logprob >= LEAST_LOGPROB and segment.compression_ratio <= MOST_COMPRESSION
            for segment in segments
        )
        return probable and bool(words) and guards.collapse_loops(words) == words

    def _settings(self) -> dict[str, Any]:
        return {
            "beam_size": self.options.beam_size,
            "word_timestamps": True,
            # Text of the last window makes an error spread, and over noise it is simply said again. What
            # was said before is heard anew instead: a window holds up to WINDOW_MS of neighbouring speech.
            "condition_on_previous_text": False,
            "vad_filter": False,
        }

    def _guess(self, audio: Samples) -> str:
        """The likelier of the two languages of the house; Whisper's other 97 are not on offer."""
        _, _, probabilities = self._model.detect_language(audio)
        scores = dict(probabilities)
        return max(LANGUAGES, key=lambda code: float(scores.get(code, 0.0)))


def _most_tokens(audio: Samples) -> int:
    """As much as anybody can say in that time, and a bit: a loop over two seconds need not fill a page."""
    return min(MOST_TOKENS, SPARE_TOKENS + len(audio) * TOKENS_PER_SECOND // SAMPLE_RATE)


def model_name(model: str) -> str:
    """A name fit for a row and a page: never a path of this machine."""
    return Path(model).name if Path(model).is_absolute() else model


def locate(model: str, models_dir: Path) -> Path:
    """The directory of a model: a path, a folder of `models_dir`, or what the hub's cache holds. Never
    downloads.
    """
    for candidate in (Path(model), model_folder(model, models_dir)):
        if (candidate / "model.bin").is_file():
            return candidate
    return _in_hub_cache(model)


def model_folder(model: str, models_dir: Path) -> Path:
    """Where a named model is kept: owner/name becomes owner--name."""
    return models_dir / model.replace("/", "--")


def _in_hub_cache(model: str) -> Path:
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(model, local_files_only=True))
    except (OSError, ValueError) as error:  # not cached is an OSError; an unknown size a ValueError
        raise _unavailable(model, "is not installed") from error


def load(path: Path, model: str, options: WhisperOptions) -> WhisperModel:
    """Read a model into memory; its directory must hold its own tokenizer, or loading would ask the
    network.
    """
    missing = [name for name in NEEDED_FILES if not (path / name).is_file()]
    if missing:
        raise _unavailable(model, f"lacks {', '.join(missing)}")
    from transcripts.engines.windows import WindowedModel

    device, compute_type = _device(options)
    try:
        return WindowedModel(str(path), device=device, compute_type=compute_type, cpu_threads=options.threads)
    except (RuntimeError, ValueError, OSError) as error:
        kind = type(error).__name__
        raise _unavailable(model, f"cannot be loaded on {device} ({kind})") from error


def _device(options: WhisperOptions) -> tuple[str, str]:
    import ctranslate2

    device = options.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    if options.compute_type != "auto":
        return device, options.compute_type
    return device, "float16" if device == "cuda" else "int8"


def _words(segments: list[Segment]) -> list[Word]:
    return [_word(word) for segment in segments for word in segment.words or ()]


def _word(word: Any) -> Word:
    return Word(
        text=str(word.word),
        start_ms=round(float(word.start) * 1000),
        end_ms=round(float(word.end) * 1000),
        confidence=round(float(word.probability), 3),
    )


def _unavailable(model: str, what: str) -> EngineUnavailable:
    name = model_name(model)
    return EngineUnavailable(f"The speech model {name!r} {what}", INSTALL.format(model=name))


def _version() -> str:
    import faster_whisper

    return str(faster_whisper.__version__)
