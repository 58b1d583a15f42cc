"""`manage.py speech_doctor`: what hears calls on this machine, and what to do where nothing does."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from transcripts.engines.base import EngineUnavailable
from transcripts.engines.registry import Purpose, engine_for
from transcripts.models import CallTranscript, JobState, SpeechJob, TranscriptState
from transcripts.speech import availability, speech_config

PURPOSES: tuple[Purpose, ...] = ("live", "offline")


class Command(BaseCommand):
    help = "Tell which speech models are installed, what waits for one, and how to install it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--load", action="store_true", help="also load the models (memory, seconds)")

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.write(f"device: {_device()}, threads: {settings.SPEECH_THREADS}")
        self.stdout.write(f"models: {settings.SPEECH_MODEL_DIR}")
        for purpose in PURPOSES:
            self.stdout.write(_report(purpose, load=options["load"]))
        if settings.ALLOW_FIXTURE_SPEECH:
            self.stdout.write("warning: ALLOW_FIXTURE_SPEECH is on; every call is heard by the fixture model")
        chunks = SpeechJob.objects.filter(state=JobState.WAITING_MODEL).count()
        calls = CallTranscript.objects.filter(state=TranscriptState.WAITING_MODEL).count()
        self.stdout.write(f"waiting for a model: {chunks} pieces of sound, {calls} calls")


def _report(purpose: Purpose, *, load: bool) -> str:
    model = settings.SPEECH_MODEL_LIVE if purpose == "live" else settings.SPEECH_MODEL_OFFLINE
    found = availability(None, purpose)
    if not found.available:
        return f"{purpose}: {model or 'no model'}: not installed. {found.how}"
    if not load:
        return f"{purpose}: {model}: installed"
    try:
        engine = engine_for(speech_config(), purpose)
    except EngineUnavailable as error:
        return f"{purpose}: {model}: {error}"
    return f"{purpose}: {model}: works ({engine.provenance.engine} {engine.provenance.version})"


def _device() -> str:
    import ctranslate2

    return "CUDA" if ctranslate2.get_cuda_device_count() else "CPU"
