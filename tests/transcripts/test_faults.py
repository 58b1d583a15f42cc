"""Whatever fails: every utterance ends in the transcript once, or its job says why it is missing."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from calls.models import Chunk
from tests.transcripts.scene import SORRY, Scene, a_scene
from transcripts.actions import final, load
from transcripts.models import JobState, SpeechJob, Utterance
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def scene() -> Scene:
    cache.clear()
    return a_scene()


def test_damaged_and_empty_chunks_leave_the_others_whole(scene: Scene) -> None:
    chunks = [
        scene.says("customer", SORRY, at_ms=0),
        scene.leaves("customer", b"", at_ms=5000),
        scene.leaves("customer", b"OggS" + b"\0" * 400, at_ms=7000),
        scene.says("customer", SORRY, at_ms=9000),
    ]
    for chunk in chunks * 2:
        transcribe_chunk(chunk.pk)
    assert Counter(Utterance.objects.values_list("chunk_id", flat=True)) == {chunks[0].pk: 1, chunks[3].pk: 1}
    failed = SpeechJob.objects.filter(state=JobState.FAILED)
    assert {job.chunk_id: job.error for job in failed} == {
        chunks[1].pk: "undecodable_audio",
        chunks[2].pk: "undecodable_audio",
    }


def test_what_captions_left_out_is_in_the_final_transcript_once(scene: Scene, settings: Settings) -> None:
    kept = scene.says("customer", SORRY, at_ms=0)
    skipped = scene.says("customer", SORRY, at_ms=6000)
    transcribe_chunk(kept.pk)
    SpeechJob.objects.filter(chunk=skipped).update(state=JobState.SKIPPED)
    scene.ends()
    final.finish_transcript(scene.call.pk)
    final.finish_transcript(scene.call.pk)
    offline = Utterance.objects.filter(source="offline")
    assert Counter(offline.values_list("chunk_id", flat=True)) == {kept.pk: 1, skipped.pk: 1}


def test_the_wrong_language_still_settles_every_chunk(scene: Scene) -> None:
    scene.call.language = "en"
    scene.call.save()
    chunk = scene.says("customer", SORRY, at_ms=0)
    transcribe_chunk(chunk.pk)
    transcribe_chunk(chunk.pk)
    assert SpeechJob.objects.get().state in (JobState.DONE, JobState.NO_SPEECH)
    assert SpeechJob.objects.get().attempts == 1


def test_a_chunk_costs_the_same_statements_late_in_a_long_call(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a slow machine hearing takes longer than a measurement of the load is good for.
    monkeypatch.setattr(load, "MEASURE_SECONDS", 60.0)

    def statements(chunk: Chunk) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            transcribe_chunk(chunk.pk)
        return len(asked)

    transcribe_chunk(scene.says("agent", SORRY, at_ms=0).pk)
    early = statements(scene.says("agent", SORRY, at_ms=5000))
    first = Chunk.objects.earliest("started_ms")
    # Three hours of chunks, one every fifteen seconds, that are heard already.
    Chunk.objects.bulk_create(
        Chunk(
            recording=first.recording,
            path=f"{first.path}.{number}",
            index=10_000 + number,
            codec=first.codec,
            started_ms=first.started_ms + 15_000 * number,
            duration_ms=14_000,
            has_speech=True,
        )
        for number in range(1, 721)
    )
    old = Chunk.objects.filter(index__gt=10_000)
    SpeechJob.objects.bulk_create(SpeechJob(chunk=chunk, state=JobState.DONE) for chunk in old)
    late = statements(scene.says("agent", SORRY, at_ms=3 * 3_600_000))
    assert late == early
