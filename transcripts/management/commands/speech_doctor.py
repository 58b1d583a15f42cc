"""`manage.py speech_doctor`: what hears calls on this machine, how fast, for how many, and what to change."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from config.helpers import env
from transcripts import checkup
from transcripts.checkup import Speed
from transcripts.doctor_words import sentences
from transcripts.engines.base import EngineUnavailable, SpeechEngine, SpeechError
from transcripts.engines.random_model import SHAPES
from transcripts.engines.registry import FIXTURE, KINDS, Purpose, engine_for, forget_engines, health, kind_of
from transcripts.engines.whisper import model_name
from transcripts.models import CallTranscript, JobState, SpeechJob, TranscriptState
from transcripts.speech import speech_config

PURPOSES: tuple[Purpose, ...] = ("live", "offline")


class Command(BaseCommand):
    help = (
        "Tell which speech engines are installed, how fast they hear on this machine, how many calls it can "
        "caption and what to change. Exit code 1 when calls cannot be captioned."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")
        parser.add_argument(
            "--language", choices=("ko", "en"), help="of the sentences (default: LANGUAGE_CODE)"
        )
        parser.add_argument("--quick", action="store_true", help="look only; load and measure nothing")
        parser.add_argument(
            "--random",
            choices=sorted(SHAPES),
            metavar="SIZE",
            help="also measure a model of this size with random weights (tiny, base, small): as fast as the real "
            "one, before it is downloaded",
        )
        parser.add_argument(
            "--workers",
            type=int,
            default=env.integer("LIVE_WORKER_THREADS", 2, low=1),
            help="threads that caption live calls (default: LIVE_WORKER_THREADS)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        report = examine(quick=options["quick"], random=options["random"], workers=max(1, options["workers"]))
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            with translation.override(options["language"] or settings.LANGUAGE_CODE):
                self.stdout.write("\n".join(sentences(report)))
        if not report["live"]["ok"]:
            sys.exit(1)


def examine(*, quick: bool = False, random: str | None = None, workers: int = 1) -> dict[str, Any]:
    """Everything that the doctor knows, as JSON can hold it. Loads the models unless `quick`."""
    workers = min(workers, checkup.cores())
    return {
        "device": _device(),
        "cores": checkup.cores(),
        "threads": settings.SPEECH_THREADS,
        "workers": workers,
        "models_dir": str(settings.SPEECH_MODEL_DIR),
        "assumed": {
            "speech_share": checkup.SPEECH_SHARE,
            "utterance_seconds": checkup.UTTERANCE_SECONDS,
            "busy_share": checkup.BUSY_SHARE,
        },
        "live": _purpose("live", workers, quick=quick),
        "offline": _purpose("offline", workers, quick=quick),
        "random": {each: _random(random, each, workers) for each in PURPOSES} if random else None,
        "waiting": {
            "chunks": SpeechJob.objects.filter(state=JobState.WAITING_MODEL).count(),
            "calls": CallTranscript.objects.filter(state=TranscriptState.WAITING_MODEL).count(),
        },
    }


def _purpose(purpose: Purpose, workers: int, *, quick: bool) -> dict[str, Any]:
    config = speech_config()
    kind = kind_of(config, purpose)
    state = health(config, purpose)
    model = config.live_model if purpose == "live" else config.offline_model
    found = {
        "engine": kind,
        "model": FIXTURE if kind == FIXTURE else model_name(model),
        "languages": sorted(KINDS[kind].capabilities.languages),
        "rough": KINDS[kind].capabilities.rough,
        "ok": state.ok,
        "code": state.code,
        "how": state.how,
        "speed": None,
    }
    return found | _measured(purpose, workers) if state.ok and not quick else found


def _measured(purpose: Purpose, workers: int) -> dict[str, Any]:
    """A model that is there and does not load, or a server that does not answer, is found out here."""
    forget_engines()
    before, began = checkup.memory_mb(), time.perf_counter()
    try:
        engine = engine_for(speech_config(), purpose)
        took = time.perf_counter() - began
        return {"speed": _speed(engine, took, checkup.memory_mb() - before, workers)}
    except EngineUnavailable as error:
        return {"ok": False, "code": error.code, "how": str(error)}
    except SpeechError as error:
        return {"ok": False, "code": error.code, "how": ""}
    finally:
        forget_engines()


def _random(size: str, purpose: Purpose, workers: int) -> dict[str, Any]:
    before, began = checkup.memory_mb(), time.perf_counter()
    with checkup.random_engine(size, purpose, settings.SPEECH_THREADS) as engine:
        took = time.perf_counter() - began
        return {"model": size, "speed": _speed(engine, took, checkup.memory_mb() - before, workers)}


def _speed(engine: SpeechEngine, load_seconds: float, memory_mb: int, workers: int) -> dict[str, Any]:
    speed: Speed = checkup.measure(engine, load_seconds, max(0, memory_mb))
    return asdict(speed) | {
        "calls": round(speed.calls(workers), 1),
        "minutes_per_hour": round(speed.minutes_per_hour(), 1),
    }


def _device() -> str:
    import ctranslate2

    cuda = settings.SPEECH_DEVICE == "cuda" or (
        settings.SPEECH_DEVICE == "auto" and ctranslate2.get_cuda_device_count()
    )
    return "CUDA" if cuda else "CPU"
