"""Which engine hears a call: one list of them. One model per process and purpose; never a silent substitute.

A model setting is the name of an engine ("pocketsphinx", "remote") or else a Whisper model: a directory, a
size or a hub id. "" is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Literal

from transcripts.engines import remote, sphinx, vad
from transcripts.engines.base import (
    Capabilities,
    EngineUnavailable,
    Health,
    LanguageUnsupported,
    SpeechEngine,
)
from transcripts.engines.fixture import FixtureEngine
from transcripts.engines.remote import RemoteEngine, RemoteOptions
from transcripts.engines.sphinx import SphinxEngine
from transcripts.engines.whisper import (
    CAPTION_WINDOW_S,
    DRAFT_WINDOW_S,
    WhisperEngine,
    WhisperOptions,
    locate,
)

Purpose = Literal["live", "offline"]

OFFLINE_BEAM = 5
WHISPER, FIXTURE = "faster-whisper", "fixture"
NO_REMOTE = RemoteOptions("", "")


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Where models are and which one does what. A model is a directory, a Whisper size, a hub id or the name
    of another engine; "" is none.
    """

    live_model: str
    offline_model: str
    models_dir: Path
    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 1
    caption_window_s: int = CAPTION_WINDOW_S
    draft_window_s: int = DRAFT_WINDOW_S
    allow_fixture: bool = False
    remote: RemoteOptions = field(default=NO_REMOTE)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to hear. `check` looks whether its parts are there without loading them and raises
    EngineUnavailable; `build` loads it.
    """

    capabilities: Capabilities
    check: Callable[[SpeechConfig, Purpose], object]
    build: Callable[[SpeechConfig, Purpose], SpeechEngine]


KINDS: dict[str, Kind] = {
    WHISPER: Kind(
        WhisperEngine.capabilities,
        lambda config, purpose: locate(_named(config, purpose), config.models_dir),
        lambda config, purpose: WhisperEngine(
            _named(config, purpose), config.models_dir, _options(config, purpose)
        ),
    ),
    sphinx.NAME: Kind(
        SphinxEngine.capabilities,
        lambda _config, _purpose: sphinx.check(),
        lambda _config, _purpose: SphinxEngine(),
    ),
    remote.NAME: Kind(
        RemoteEngine.capabilities,
        lambda config, _purpose: remote.check(config.remote),
        lambda config, _purpose: RemoteEngine(config.remote),
    ),
    FIXTURE: Kind(
        FixtureEngine.capabilities,
        lambda _config, _purpose: None,
        lambda config, _purpose: FixtureEngine(config.models_dir, allow_fixture=True),
    ),
}

_engines: dict[tuple[object, ...], SpeechEngine] = {}
_lock = Lock()


def engine_for(
    config: SpeechConfig, purpose: Purpose, *, fixture: bool = False, language: str | None = None
) -> SpeechEngine:
    """The engine for one purpose, loaded at first use.

    `fixture` asks for the fixture model (a demo call); `config.allow_fixture` gives it to every call
    (tests). Raises EngineUnavailable, with the command that installs the model, or LanguageUnsupported; a
    later call tries again.
    """
    kind = kind_of(config, purpose, fixture=fixture)
    _insist(kind, language)
    with _lock:
        key = _key(config, purpose, kind)
        if key not in _engines:
            _engines[key] = _built(config, purpose, kind)
        return _engines[key]


def check(
    config: SpeechConfig, purpose: Purpose, *, fixture: bool = False, language: str | None = None
) -> None:
    """Whether `engine_for` has its files, without loading them. Raises EngineUnavailable."""
    kind = kind_of(config, purpose, fixture=fixture)
    _insist(kind, language)
    KINDS[kind].check(config, purpose)


def health(config: SpeechConfig, purpose: Purpose, *, language: str | None = None) -> Health:
    """`check` as a value, for reports."""
    try:
        check(config, purpose, language=language)
    except EngineUnavailable as error:
        return Health(False, error.code, error.how_to_install)
    return Health(True)


def kind_of(config: SpeechConfig, purpose: Purpose, *, fixture: bool = False) -> str:
    """The key of KINDS that the settings ask for. A demo call has the fixture model, whatever is set."""
    if fixture or config.allow_fixture:
        return FIXTURE
    model = _model(config, purpose)
    return model if model in (sphinx.NAME, remote.NAME) else WHISPER


def forget_engines() -> None:
    """Drop the loaded models (tests; a changed setting)."""
    with _lock:
        _engines.clear()


def _insist(kind: str, language: str | None) -> None:
    known = KINDS[kind].capabilities.languages
    if language and language not in known:
        raise LanguageUnsupported(
            f"{kind} does not know the language {language!r}",
            f"It hears {', '.join(sorted(known))}. Set SPEECH_MODEL_LIVE and SPEECH_MODEL_OFFLINE to a Whisper model",
        )


def _key(config: SpeechConfig, purpose: Purpose, kind: str) -> tuple[object, ...]:
    if kind == FIXTURE:
        return (kind, config.models_dir)
    listening = _listening(purpose)
    return (
        kind,
        _model(config, purpose),
        _options(config, purpose),
        config.models_dir,
        config.remote,
        listening,
    )


def _built(config: SpeechConfig, purpose: Purpose, kind: str) -> SpeechEngine:
    engine = KINDS[kind].build(config, purpose)
    if kind != FIXTURE:  # one engine for both purposes, and one way of listening
        engine.listening = _listening(purpose)
    return engine


def _listening(purpose: Purpose) -> vad.Listening:
    return vad.OFFLINE if purpose == "offline" else vad.LIVE


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
    """What is heard for the final transcript is heard in the whole window."""
    machine = WhisperOptions(config.device, config.compute_type, config.threads)
    if purpose == "offline":
        return replace(machine, beam_size=OFFLINE_BEAM)
    return replace(machine, window_s=config.caption_window_s, draft_window_s=config.draft_window_s)
