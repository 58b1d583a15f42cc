"""Calls in a house that has nothing but rough English."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from calls.models import Call, CallEvent
from tests.transcripts.scene import Scene, a_scene
from transcripts.actions import live, sweep
from transcripts.engines.registry import forget_engines
from transcripts.models import JobState, SpeechJob, Utterance
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.model, pytest.mark.django_db]


@pytest.fixture
def scene(settings: Settings, tmp_path: Path) -> Any:
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_LIVE = "pocketsphinx"
    settings.DATA_DIR = tmp_path
    yield a_scene()
    forget_engines()


def told(scene: Scene) -> list[dict[str, Any]]:
    return [e.payload for e in CallEvent.objects.filter(call=scene.call, type="captions-state")]


@pytest.mark.req("S1.5")
def test_an_english_call_has_captions_that_are_called_rough(scene: Scene) -> None:
    Call.objects.filter(pk=scene.call.pk).update(language="en")
    live.announce(scene.call.pk)
    transcribe_chunk(scene.says("customer", "The delivery is too late.", at_ms=0, language="en").pk)
    said = Utterance.objects.get()
    assert (said.engine, said.engine_model, said.language) == ("pocketsphinx", "en-us", "en")
    assert told(scene) == [{"available": True, "reason": "", "delayed": False, "rough": True}]


@pytest.mark.req("S1.5")
def test_a_korean_call_waits_and_its_pages_know_why(scene: Scene) -> None:
    live.announce(scene.call.pk)
    chunk = scene.says("customer", "씨발 이게 뭐야.", at_ms=0)
    transcribe_chunk(chunk.pk)
    assert not Utterance.objects.exists()
    assert SpeechJob.objects.get().state == JobState.WAITING_MODEL
    assert told(scene) == [{"available": False, "reason": "language_unsupported", "delayed": False}]


def test_what_waits_for_korean_is_not_taken_up_for_english(scene: Scene, settings: Settings) -> None:
    chunk = scene.says("customer", "씨발 이게 뭐야.", at_ms=0)
    transcribe_chunk(chunk.pk)
    SpeechJob.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert chunk.pk not in sweep.forgotten().chunk_ids
    settings.ALLOW_FIXTURE_SPEECH = True
    assert chunk.pk in sweep.forgotten().chunk_ids
