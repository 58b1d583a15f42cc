"""Sealed recordings are heard like plain ones, and a missing key makes calls wait instead of going wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.actions.sealing import seal_call
from calls.models import Chunk
from calls.vault import UnknownKey, derive_key, sealed_path
from tests.transcripts.scene import GREETING, PROFANE, Scene, a_scene
from transcripts.actions.final import finish_transcript
from transcripts.models import CallTranscript, SpeechJob, TranscriptState, Utterance
from transcripts.models.work import TRANSCRIPT_LEASE
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]


@pytest.fixture
def scene(settings, tmp_path) -> Scene:
    settings.DATA_DIR = tmp_path
    scene = a_scene()
    for chunk in (scene.says("agent", GREETING, 1000), scene.says("customer", PROFANE, 6000)):
        transcribe_chunk(chunk.pk)
    scene.ends()
    return scene


def transcript(scene: Scene) -> CallTranscript:
    return CallTranscript.objects.get(call=scene.call)


def test_once_the_transcript_is_there_nothing_unmasked_lies_about_plain(scene: Scene, settings) -> None:
    finish_transcript(scene.call.pk)
    assert transcript(scene).state == TranscriptState.READY
    plain = [path.name for path in settings.DATA_DIR.rglob("*") if path.suffix == ".opus"]
    assert plain
    assert all(name.endswith(".masked.opus") for name in plain)
    sealed = list(settings.DATA_DIR.rglob("*.sealed"))
    assert len(sealed) == 4
    assert not any(b"OpusHead" in path.read_bytes() or b"OggS" in path.read_bytes() for path in sealed)
    assert not Chunk.objects.filter(sealed_at=None).exists()


def test_a_call_that_was_sealed_first_is_heard_all_the_same(scene: Scene) -> None:
    assert seal_call(scene.call.pk) == 2
    finish_transcript(scene.call.pk)
    final = Utterance.objects.filter(source="offline")
    assert [said.masks != [] for said in final] == [False, True]
    assert transcript(scene).missing == []


def test_without_its_key_a_call_waits_and_is_made_when_the_key_is_back(scene: Scene, settings) -> None:
    seal_call(scene.call.pk)
    keys, settings.RECORDING_KEYS = settings.RECORDING_KEYS, (derive_key("another"),)
    with pytest.raises(UnknownKey, match="RECORDING_KEYS"):
        finish_transcript(scene.call.pk)
    assert transcript(scene).state == TranscriptState.PROCESSING
    assert not Utterance.objects.filter(source="offline").exists()
    settings.RECORDING_KEYS = keys
    CallTranscript.objects.update(claimed_at=timezone.now() - TRANSCRIPT_LEASE - timedelta(seconds=1))
    finish_transcript(scene.call.pk)
    assert transcript(scene).state == TranscriptState.READY


def test_a_sealed_piece_that_was_tampered_with_is_shown_as_missing(scene: Scene) -> None:
    seal_call(scene.call.pk)
    chunk = Chunk.objects.get(recording__participant__role="customer")
    file = sealed_path(chunk.file())
    file.write_bytes(file.read_bytes()[:-1])
    finish_transcript(scene.call.pk)
    (gap,) = transcript(scene).missing
    assert gap["reason"] == "undecodable_audio"
    assert transcript(scene).state == TranscriptState.PARTIAL


def test_a_live_caption_of_a_sealed_piece_still_comes(scene: Scene) -> None:
    SpeechJob.objects.update(state="pending")
    Utterance.objects.all().delete()
    seal_call(scene.call.pk)
    for chunk in Chunk.objects.all():
        transcribe_chunk(chunk.pk)
    assert Utterance.objects.filter(source="live").count() == 2
