"""Which engine hears which call, by the settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from django.conf import settings

from calls.models import Call
from transcripts.engines.base import EngineUnavailable, LanguageUnsupported, SpeechEngine
from transcripts.engines.registry import KINDS, Purpose, SpeechConfig, check, engine_for, kind_of
from transcripts.engines.remote import RemoteOptions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether captions can be made; `reason` is "" or a stable code, `how` the sentence with the command."""

    available: bool
    reason: str = ""
    how: str = ""
    # The engine hears much wrong: pages say so beside its text.
    rough: bool = False
    delayed: bool = False

    def payload(self) -> dict[str, object]:
        """As in `captions-state` and in `joined.captions`."""
        told: dict[str, object] = {
            "available": self.available,
            "reason": self.reason,
            "delayed": self.delayed,
        }
        return told | {"rough": True} if self.rough else told


NO_MODEL = "no_model"


def speech_config() -> SpeechConfig:
    return SpeechConfig(
        live_model=settings.SPEECH_MODEL_LIVE,
        offline_model=settings.SPEECH_MODEL_OFFLINE,
        models_dir=settings.SPEECH_MODEL_DIR,
        device=settings.SPEECH_DEVICE,
        compute_type=settings.SPEECH_COMPUTE_TYPE,
        threads=settings.SPEECH_THREADS,
        caption_window_s=settings.SPEECH_CAPTION_WINDOW,
        draft_window_s=settings.SPEECH_DRAFT_WINDOW,
        allow_fixture=settings.ALLOW_FIXTURE_SPEECH,
        remote=RemoteOptions(
            url=settings.SPEECH_REMOTE_URL,
            model=settings.SPEECH_REMOTE_MODEL,
            key=settings.SPEECH_REMOTE_KEY,
            timeout=settings.SPEECH_REMOTE_TIMEOUT,
        ),
    )


def engine_of(call: Call, purpose: Purpose) -> SpeechEngine:
    """The engine for a call. The fixture model hears demo calls and the test suite only. Raises
    EngineUnavailable.
    """
    return engine_for(speech_config(), purpose, fixture=call.is_simulated, language=call.language)


def smaller_engine_of(call: Call) -> SpeechEngine:
    """The engine while captions are far behind: a smaller model, or the usual one where none is installed."""
    if settings.SPEECH_MODEL_OVERLOAD:
        smaller = replace(speech_config(), live_model=settings.SPEECH_MODEL_OVERLOAD)
        try:
            return engine_for(smaller, "live", fixture=call.is_simulated, language=call.language)
        except EngineUnavailable:
            logger.debug("no smaller speech model is installed")
    return engine_of(call, "live")


def availability(call: Call | None = None, purpose: Purpose = "live") -> Availability:
    """Whether a call can be heard, asked of the disk only: no model is loaded (the web process asks too)."""
    config, fixture = speech_config(), call is not None and call.is_simulated
    try:
        check(config, purpose, fixture=fixture, language=call.language if call else None)
    except EngineUnavailable as error:
        return unavailable(error)
    kind = kind_of(config, purpose, fixture=fixture)
    return Availability(True, rough=KINDS[kind].capabilities.rough)


def unavailable(error: EngineUnavailable) -> Availability:
    """What pages are told about an engine that cannot be had: a stable reason, never the error's text."""
    reason = error.code if isinstance(error, LanguageUnsupported) else NO_MODEL
    return Availability(False, reason, error.how_to_install)


def working(engine: SpeechEngine) -> Availability:
    """What pages are told when `engine` has heard something."""
    return Availability(True, rough=engine.capabilities.rough)


def is_rough(engine: str) -> bool:
    """Whether text signed by `engine` (Provenance.engine) must carry the label "rough"."""
    return engine in KINDS and KINDS[engine].capabilities.rough


def load_live_model() -> None:
    """Load the model of the captions if it is installed."""
    try:
        engine_for(speech_config(), "live")
    except EngineUnavailable:
        logger.info("no speech model for captions is installed")
