"""Which engine hears which call, by the settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from django.conf import settings

from calls.models import Call
from transcripts.engines.base import EngineUnavailable, SpeechEngine
from transcripts.engines.registry import Purpose, SpeechConfig, check, engine_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether captions can be made; `reason` is "" or a stable code, `how` the sentence with the command."""

    available: bool
    reason: str = ""
    how: str = ""
    delayed: bool = False

    def payload(self) -> dict[str, object]:
        """As in `captions-state` and in `joined.captions`."""
        return {"available": self.available, "reason": self.reason, "delayed": self.delayed}


NO_MODEL = "no_model"


def speech_config() -> SpeechConfig:
    return SpeechConfig(
        live_model=settings.SPEECH_MODEL_LIVE,
        offline_model=settings.SPEECH_MODEL_OFFLINE,
        models_dir=settings.SPEECH_MODEL_DIR,
        threads=settings.SPEECH_THREADS,
        allow_fixture=settings.ALLOW_FIXTURE_SPEECH,
    )


def engine_of(call: Call, purpose: Purpose) -> SpeechEngine:
    """The engine for a call. The fixture model hears demo calls and the test suite only. Raises
    EngineUnavailable.
    """
    return engine_for(speech_config(), purpose, fixture=call.is_simulated)


def smaller_engine_of(call: Call) -> SpeechEngine:
    """The engine while captions are far behind: a smaller model, or the usual one where none is installed."""
    if settings.SPEECH_MODEL_OVERLOAD:
        smaller = replace(speech_config(), live_model=settings.SPEECH_MODEL_OVERLOAD)
        try:
            return engine_for(smaller, "live", fixture=call.is_simulated)
        except EngineUnavailable:
            logger.debug("no smaller speech model is installed")
    return engine_of(call, "live")


def availability(call: Call | None = None, purpose: Purpose = "live") -> Availability:
    """Whether a call can be heard, asked of the disk only: no model is loaded (the web process asks too)."""
    try:
        check(speech_config(), purpose, fixture=call is not None and call.is_simulated)
    except EngineUnavailable as error:
        return Availability(False, NO_MODEL, error.how_to_install)
    return Availability(True)


def load_live_model() -> None:
    """Load the model of the captions if it is installed."""
    try:
        engine_for(speech_config(), "live")
    except EngineUnavailable:
        logger.info("no speech model for captions is installed")
