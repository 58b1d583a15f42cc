"""A chunk on disk becomes a masked caption, once, whatever happens to the worker."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import Settings

from calls.actions.recordings import register_chunk
from calls.models import CallEvent
from tests.cast import a_place, accepts, an_agent, cara_calls, on_duty
from tests.transcripts.scene import PROFANE, Scene, a_scene
from transcripts.actions import live, sweep
from transcripts.engines.base import RecognitionError
from transcripts.engines.fixture import unpacked
from transcripts.engines.registry import forget_engines
from transcripts.masking.mask import MASK
from transcripts.models import CallTranscript, JobState, SpeechJob, TranscriptState, Utterance
from transcripts.models.work import JOB_LEASE
from transcripts.tasks import sweep_speech, transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def captions(scene: Scene) -> list[dict[str, object]]:
    return [e.payload for e in CallEvent.objects.filter(call=scene.call, type="caption")]


def job(chunk_id: int) -> SpeechJob:
    return SpeechJob.objects.get(chunk_id=chunk_id)


@pytest.mark.req("S1.5")
@pytest.mark.req("S1.6")
@pytest.mark.req("S1.7")
def test_what_cara_says_is_captioned_with_the_profane_word_hidden(scene: Scene) -> None:
    chunk = scene.says("customer", PROFANE, at_ms=2000)
    transcribe_chunk(chunk.pk)
    [caption] = captions(scene)
    assert caption["text"] == f"아 {MASK} 노트북 배송이 왜 이렇게 늦어."
    assert caption["masks"] == [{"start": 2, "end": 5, "kind": "profanity", "severity": 3}]
    assert caption["role"] == "customer"
    assert caption["peerId"] == str(scene.party("customer").pk)
    assert 2000 <= caption["startMs"] < caption["endMs"] <= 2000 + chunk.duration_ms  # type: ignore[operator]
    assert job(chunk.pk).state == JobState.DONE


def test_the_original_is_stored_and_never_in_the_event(scene: Scene) -> None:
    transcribe_chunk(scene.says("customer", PROFANE, at_ms=0).pk)
    utterance = Utterance.objects.get()
    assert utterance.text == PROFANE
    assert utterance.hidden_word(0) == "씨발"
    assert utterance.engine == "fixture"
    assert "씨발" not in str(captions(scene))
    assert "source_end" not in str(captions(scene))


def test_a_task_that_comes_twice_captions_once(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    transcribe_chunk(chunk.pk)
    transcribe_chunk(chunk.pk)
    assert len(captions(scene)) == 1
    assert job(chunk.pk).attempts == 1


def test_a_leased_chunk_is_left_to_its_worker(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    assert SpeechJob.objects.claim(chunk.pk) is not None
    transcribe_chunk(chunk.pk)
    assert captions(scene) == []
    assert job(chunk.pk).state == JobState.CLAIMED


def test_a_worker_killed_in_the_middle_is_replaced_when_its_lease_runs_out(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    with patch.object(live, "_store", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        transcribe_chunk(chunk.pk)
    assert captions(scene) == []
    SpeechJob.objects.update(claimed_at=timezone.now() - JOB_LEASE - timedelta(seconds=1))
    assert sweep.forgotten().chunk_ids == [chunk.pk]
    transcribe_chunk(chunk.pk)
    assert len(captions(scene)) == 1


def test_a_worker_that_comes_back_too_late_adds_nothing(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    slow = live._hear

    def overtaken(*args: object) -> object:
        heard = slow(*args)  # type: ignore[arg-type]
        SpeechJob.objects.update(claimed_at=timezone.now() + timedelta(seconds=1))
        return heard

    with patch.object(live, "_hear", overtaken):
        transcribe_chunk(chunk.pk)
    assert captions(scene) == []
    assert Utterance.objects.count() == 0


def test_a_chunk_that_is_gone_is_done(scene: Scene) -> None:
    transcribe_chunk(987_654_321)
    assert live.add_job(987_654_321) is False


def test_noise_gives_no_caption(scene: Scene) -> None:
    noise = np.random.default_rng(1).normal(0, 0.02, 48_000 * 2).astype(np.float32)
    chunk = scene.records("customer", noise, at_ms=0)
    transcribe_chunk(chunk.pk)
    assert job(chunk.pk).state == JobState.NO_SPEECH
    assert captions(scene) == []


def test_a_silent_chunk_is_not_even_queued(scene: Scene) -> None:
    chunk = scene.records("customer", np.zeros(48_000, np.float32), at_ms=0, has_speech=False)
    assert job(chunk.pk).state == JobState.NO_SPEECH
    assert live.add_job(chunk.pk) is False


@pytest.mark.parametrize("content", [b"", b"not audio" * 100, b"OggS" + b"\0" * 60])
def test_a_damaged_chunk_fails_once_and_for_good(scene: Scene, content: bytes) -> None:
    chunk = scene.leaves("customer", content, at_ms=0)
    transcribe_chunk(chunk.pk)
    assert job(chunk.pk).state == JobState.FAILED
    assert job(chunk.pk).error == "undecodable_audio"
    transcribe_chunk(chunk.pk)
    assert job(chunk.pk).attempts == 1


def test_a_passing_failure_is_tried_again_and_a_lasting_one_given_up(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    with patch.object(live, "_hear", side_effect=RecognitionError("out of memory")):
        for _ in range(live.MAX_ATTEMPTS - 1):
            with pytest.raises(live.HearAgain):
                live.transcribe_chunk(chunk.pk)
        live.transcribe_chunk(chunk.pk)
    assert job(chunk.pk).state == JobState.FAILED


def test_without_a_model_the_chunk_waits_and_the_pages_are_told_once(
    scene: Scene, settings: Settings
) -> None:
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_LIVE = "tiny"
    chunks = [scene.says("agent", "잠시만 기다려 주세요.", at_ms=at) for at in (0, 5000)]
    for chunk in chunks:
        transcribe_chunk(chunk.pk)
    assert {job(c.pk).state for c in chunks} == {JobState.WAITING_MODEL}
    assert CallTranscript.objects.get(call=scene.call).state == TranscriptState.WAITING_MODEL
    told = [e.payload for e in CallEvent.objects.filter(call=scene.call, type="captions-state")]
    assert told == [{"available": False, "reason": "no_model", "delayed": False}]
    assert sweep.forgotten().chunk_ids == []


def test_the_first_words_heard_tell_the_pages_that_captions_work(scene: Scene) -> None:
    for at in (0, 5000):
        transcribe_chunk(scene.says("agent", "잠시만 기다려 주세요.", at_ms=at).pk)
    told = [e.payload for e in CallEvent.objects.filter(call=scene.call, type="captions-state")]
    assert told == [{"available": True, "reason": "", "delayed": False}]


def test_when_a_model_is_installed_the_waiting_chunks_are_heard(
    scene: Scene, settings: Settings, tmp_path: Path
) -> None:
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_LIVE = "tiny"
    chunk = scene.says("customer", PROFANE, at_ms=0)
    transcribe_chunk(chunk.pk)
    shutil.copytree(unpacked(tmp_path), settings.SPEECH_MODEL_DIR / "tiny")
    try:
        assert sweep.forgotten().chunk_ids == [chunk.pk]
        transcribe_chunk(chunk.pk)
    finally:
        shutil.rmtree(settings.SPEECH_MODEL_DIR / "tiny")
        forget_engines()
    assert job(chunk.pk).state == JobState.DONE
    assert Utterance.objects.get().engine == "faster-whisper"


def test_the_fixture_model_never_hears_a_real_call(scene: Scene, settings: Settings) -> None:
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_LIVE = "tiny"
    chunk = scene.says("customer", PROFANE, at_ms=0)
    transcribe_chunk(chunk.pk)
    assert not Utterance.objects.exists()
    type(scene.call).objects.filter(pk=scene.call.pk).update(source="simulation")
    transcribe_chunk(chunk.pk)
    assert Utterance.objects.get().engine == "fixture"


def test_a_recorded_chunk_reaches_the_queue_after_commit(
    scene: Scene, django_capture_on_commit_callbacks: object
) -> None:
    participant = scene.party("customer")
    with (
        patch("transcripts.receivers.tasks.transcribe_chunk.delay") as queued,
        django_capture_on_commit_callbacks(execute=True),  # type: ignore[operator]
    ):
        chunk = register_chunk(participant, path="a/b.opus", index=0, started_ms=1, duration_ms=20)
        queued.assert_not_called()
    queued.assert_called_once_with(chunk.pk)


def test_a_chunk_whose_signal_was_lost_is_swept_up(scene: Scene) -> None:
    chunk = scene.says("agent", "잠시만 기다려 주세요.", at_ms=0)
    SpeechJob.objects.all().delete()
    type(chunk).objects.update(created_at=timezone.now() - timedelta(minutes=2))
    with patch("transcripts.tasks.transcribe_chunk.delay") as queued:
        sweep_speech()
    SpeechJob.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert SpeechJob.objects.get().state == JobState.PENDING
    with patch("transcripts.tasks.transcribe_chunk.delay") as queued:
        sweep_speech()
    queued.assert_called_once_with(chunk.pk)


def test_no_word_of_a_customer_reaches_the_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        transcribe_chunk(scene.says("customer", PROFANE, at_ms=0).pk)
        transcribe_chunk(scene.leaves("customer", b"junk", at_ms=9000).pk)
    assert "씨발" not in caplog.text
    assert "노트북" not in caplog.text


def test_the_pages_are_told_at_the_answer_whether_there_will_be_captions(
    scene: Scene, settings: Settings
) -> None:
    live.announce(scene.call.pk)
    settings.ALLOW_FIXTURE_SPEECH = False
    live.announce(scene.call.pk)
    told = [e.payload for e in CallEvent.objects.filter(call=scene.call, type="captions-state")]
    assert told == [
        {"available": True, "reason": "", "delayed": False},
        {"available": False, "reason": "no_model", "delayed": False},
    ]


def test_an_answer_is_announced_by_a_worker_after_commit(django_capture_on_commit_callbacks) -> None:
    alice = on_duty(an_agent("zoe"))
    with patch("transcripts.tasks.announce_captions.delay") as delay:
        cara = cara_calls(a_place(is_default=False))
        with django_capture_on_commit_callbacks(execute=True):
            accepts(alice)
    delay.assert_called_once_with(str(cara.call.pk))
