"""`manage.py transcribe_file FILE --language ko`: the whole path on one file: decode, VAD, speech to text,
masks.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from transcripts.engines.base import SpeechEngine, SpeechError
from transcripts.engines.decode import decode
from transcripts.engines.fixture import FixtureEngine
from transcripts.engines.registry import engine_for
from transcripts.engines.words import Segment, Transcription
from transcripts.masking.audio import padded, word_times
from transcripts.masking.mask import MaskedText
from transcripts.speech import speech_config
from transcripts.vocabulary import rules


class Command(BaseCommand):
    help = "Transcribe a sound file with the installed model; prints masked utterances, with --json words and masks too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--language", choices=("ko", "en"), required=True)
        parser.add_argument(
            "--json", action="store_true", help="one JSON object with utterances, words and masks"
        )
        parser.add_argument("--purpose", choices=("live", "offline"), default="offline", help="which model")
        parser.add_argument("--engine", choices=("whisper", "fixture"), default="whisper")
        parser.add_argument(
            "--allow-fixture",
            action="store_true",
            help="the fixture model knows only the demo's sentences and invents them for any other voice",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            engine = _engine(options)
            heard = engine.transcribe(decode(options["file"]), language=options["language"])
        except SpeechError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_as_json(engine, heard) if options["json"] else _as_lines(heard))


def _engine(options: dict[str, Any]) -> SpeechEngine:
    if options["engine"] == "whisper":
        return engine_for(speech_config(), options["purpose"])
    if not options["allow_fixture"]:
        raise CommandError("the fixture engine is no speech recogniser; say --allow-fixture if you know that")
    return FixtureEngine(settings.SPEECH_MODEL_DIR, allow_fixture=True)


def _as_lines(heard: Transcription) -> str:
    pairs = zip(heard.segments, _hidden(heard), strict=True)
    return "\n".join(f"{_clock(segment.start_ms)}  {hidden.text}" for segment, hidden in pairs)


def _hidden(heard: Transcription) -> list[MaskedText]:
    """Each segment masked, by itself and as the half of a number: the file is taken for one speaker's."""
    by, texts = rules(), [segment.text for segment in heard.segments]
    return [by.mask(text, more) for text, more in zip(texts, by.across(texts), strict=True)]


def _clock(ms: int) -> str:
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _as_json(engine: SpeechEngine, heard: Transcription) -> str:
    pairs = list(zip(heard.segments, _hidden(heard), strict=True))
    utterances = [_utterance(segment, hidden) for segment, hidden in pairs]
    spans = padded(span for segment, hidden in pairs for span in _times(segment, hidden))
    return json.dumps(
        {
            "language": heard.language,
            "engine": engine.provenance.engine,
            "model": engine.provenance.model,
            "utterances": utterances,
            "audio_masks": [{"start_ms": span.start_ms, "end_ms": span.end_ms} for span in spans],
        },
        ensure_ascii=False,
    )


def _times(segment: Segment, hidden: MaskedText) -> list[Any]:
    found = (word_times(segment.text, segment.words, m.source, segment.end_ms) for m in hidden.masks)
    return [span for span in found if span]


def _utterance(segment: Segment, hidden: MaskedText) -> dict[str, Any]:
    return {
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "text": segment.text,
        "masked": hidden.text,
        "confidence": segment.confidence,
        "words": [
            {"text": w.text.strip(), "start_ms": w.start_ms, "end_ms": w.end_ms, "confidence": w.confidence}
            for w in segment.words
        ],
        "masks": [_mask(mask, segment) for mask in hidden.masks],
    }


def _mask(mask: Any, segment: Segment) -> dict[str, Any]:
    spoken = word_times(segment.text, segment.words, mask.source, segment.end_ms)
    return {
        "start": mask.start,
        "end": mask.end,
        "source_start": mask.source.start,
        "source_end": mask.source.end,
        "kind": mask.kind,
        "severity": mask.severity,
        "start_ms": spoken.start_ms if spoken else segment.start_ms,
        "end_ms": spoken.end_ms if spoken else segment.end_ms,
    }
