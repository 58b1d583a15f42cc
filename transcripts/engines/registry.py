"""Which engine hears a call. One model per process and purpose; never a silent substitute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal

from transcripts.engines.base import EngineUnavailable, SpeechEngine
from transcripts.engines.fixture import FixtureEngine
from transcripts.engines.whisper import WhisperEngine, WhisperOptions, locate

Purpose = Literal["live", "offline"]

OFFLINE_BEAM = 5


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Where models are and which one does what. A model is a directory, a Whisper size or a hub id; "" is
    none.
    """

    live_model: str
    offline_model: str
    models_dir: Path
    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 1
    allow_fixture: bool = False


_engines: dict[tuple[object, ...], SpeechEngine] = {}
_lock = Lock()


def engine_for(config: SpeechConfig, purpose: Purpose, *, fixture: bool = False) -> SpeechEngine:
    """The engine for one purpose, loaded at first use.

    `fixture` asks for the fixture model (a demo call); `config.allow_fixture` gives it to every call
    (tests). Raises EngineUnavailable, with the command that installs the model; a later call tries again.
    """
    with _lock:
        key = _key(config, purpose, fixture=fixture or config.allow_fixture)
        if key not in _engines:
            _engines[key] = _build(config, purpose, fixture=fixture or config.allow_fixture)
        return _engines[key]


def check(config: SpeechConfig, purpose: Purpose, *, fixture: bool = False) -> None:
    """Whether `engine_for` has its files, without loading them. Raises EngineUnavailable."""
    if fixture or config.allow_fixture:
        return
    locate(_named(config, purpose), config.models_dir)


def forget_engines() -> None:
    """Drop the loaded models (tests; a changed setting)."""
    with _lock:
        _engines.clear()


def _key(config: SpeechConfig, purpose: Purpose, *, fixture: bool) -> tuple[object, ...]:
    if fixture:
        return ("fixture", config.models_dir)
    return (_model(config, purpose), _options(config, purpose), config.models_dir)


def _build(config: SpeechConfig, purpose: Purpose, *, fixture: bool) -> SpeechEngine:
    if fixture:
        return FixtureEngine(config.models_dir, allow_fixture=True)
    return WhisperEngine(_named(config, purpose), config.models_dir, _options(config, purpose))


def _named(config: SpeechConfig, purpose: Purpose) -> str:
    model = _model(config, purpose)
    if not model:
        raise EngineUnavailable(
            f"No speech model is set for {purpose} use",
            "Set SPEECH_MODEL_LIVE and SPEECH_MODEL_OFFLINE, then run: manage.py download_speech_model",
        )
    return model


def _model(config: SpeechConfig, purpose: Purpose) -> str:
    return config.live_model if purpose == "live" else config.offline_model


def _options(config: SpeechConfig, purpose: Purpose) -> WhisperOptions:
    beam_size = OFFLINE_BEAM if purpose == "offline" else 1
    return WhisperOptions(config.device, config.compute_type, config.threads, beam_size)
