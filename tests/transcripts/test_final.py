"""After the call: the final transcript beside the live one, and masked sound of both sides."""

from __future__ import annotations

import io
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings

from calls.media.ogg import read_packets
from calls.models import Call, CallEvent, Recording
from tests.transcripts.scene import GREETING, PROFANE, SORRY, Scene, a_scene
from tests.transcripts.voices import spoken
from transcripts.actions import final, sweep
from transcripts.engines.decode import decode
from transcripts.masking.mask import MASK
from transcripts.models import CallTranscript, Source, SpeechJob, TranscriptState, Utterance
from transcripts.models.work import TRANSCRIPT_LEASE
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def heard_live(*chunks: object) -> None:
    for chunk in chunks:
        transcribe_chunk(chunk.pk)  # type: ignore[attr-defined]


def a_talk(scene: Scene) -> Call:
    """alice greets at 1 s, cara swears at 6 s, alice has the last word at 12 s; the call ends."""
    heard_live(
        scene.says("agent", GREETING, 1000),
        scene.says("customer", PROFANE, 6000),
        scene.says("agent", SORRY, 12_000),
    )
    return scene.ends()


def side(scene: Scene, role: str, kind: str) -> Path:
    recording = Recording.objects.get(participant=scene.party(role))
    return django_settings.DATA_DIR / getattr(recording, f"{kind}_path")


def whole(scene: Scene, role: str) -> bytes:
    """The unmasked side, as an opening would read it."""
    with Recording.objects.get(participant=scene.party(role)).open_original() as sound:
        return sound.read_at(0, sound.size)


def share_at(path: Path | bytes, hertz: float, start_s: float, end_s: float) -> float:
    """How much of the energy of a stretch lies within 30 Hz of `hertz`."""
    sound = decode(path, rate=48_000)[int(start_s * 48_000) : int(end_s * 48_000)]
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / 48_000) - hertz) < 30
    return float(power[near].sum() / power.sum())


def beeped(scene: Scene) -> tuple[float, float]:
    """The seconds of the masked word itself."""
    mask = Utterance.objects.get(source=Source.OFFLINE, masks__gt=[]).masks[0]
    return mask["start_ms"] / 1000, mask["end_ms"] / 1000


@pytest.mark.req("S1.7")
@pytest.mark.req("S1.8")
@pytest.mark.one_database
def test_both_speakers_appear_in_order_with_their_times(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    lines = [(u.participant.role, u.masked_text) for u in Utterance.objects.best(call)]
    assert lines == [
        ("agent", GREETING),
        ("customer", PROFANE.replace("씨발", MASK)),
        ("agent", SORRY),
    ]
    starts = [u.start_ms for u in Utterance.objects.best(call)]
    assert all(at - 100 <= start <= at + 500 for start, at in zip(starts, (1000, 6000, 12_000), strict=True))


@pytest.mark.one_database
def test_the_live_text_stays_beside_the_final_one_with_its_provenance(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    assert Utterance.objects.filter(call=call, source=Source.LIVE).count() == 3
    assert Utterance.objects.filter(call=call, source=Source.OFFLINE).count() == 3
    transcript = CallTranscript.objects.get(call=call)
    assert (transcript.state, transcript.progress) == (TranscriptState.READY, 100)
    assert (transcript.engine, transcript.engine_model) == ("fixture", "fixture-model-2")
    assert CallEvent.objects.filter(call=call, type="transcript-ready").count() == 1


@pytest.mark.req("S1.6")
@pytest.mark.one_database
def test_the_profane_word_is_a_beep_on_both_sides_and_nothing_else_is(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    start, end = beeped(scene)
    assert share_at(side(scene, "customer", "masked"), 1000, start, end) > 0.95
    assert share_at(side(scene, "agent", "masked"), 1000, start, end) > 0.95
    assert share_at(whole(scene, "customer"), 1000, start, end) < 0.3
    with (
        BytesIO(whole(scene, "customer")) as a,
        side(scene, "customer", "masked").open("rb") as b,
    ):
        pairs = list(zip(read_packets(a), read_packets(b), strict=True))
    changed = [i * 0.02 for i, (plain, masked) in enumerate(pairs) if plain != masked]
    assert start - 0.18 <= changed[0] <= start
    assert end <= changed[-1] + 0.02 <= end + 0.18


@pytest.mark.one_database
def test_all_sides_begin_when_the_agent_answered(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    quiet = decode(side(scene, "customer", "masked"), rate=48_000)[: 5 * 48_000]
    assert np.abs(quiet).max() < 1e-3


@pytest.mark.one_database
def test_it_waits_for_the_live_jobs(scene: Scene) -> None:
    chunk = scene.says("customer", PROFANE, 0)
    call = scene.ends()
    with pytest.raises(final.NotSettled):
        final.finish_transcript(call.pk)
    transcribe_chunk(chunk.pk)
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.READY


def test_done_twice_it_is_done_once(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    final.finish_transcript(call.pk)
    assert Utterance.objects.filter(call=call, source=Source.OFFLINE).count() == 3
    assert CallEvent.objects.filter(call=call, type="transcript-ready").count() == 1


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done(scene: Scene) -> None:
    call = a_talk(scene)
    with patch.object(final, "_publish", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        final.finish_transcript(call.pk)
    assert not Utterance.objects.filter(call=call, source=Source.OFFLINE).exists()
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.PROCESSING
    CallTranscript.objects.update(claimed_at=timezone.now() - TRANSCRIPT_LEASE - timedelta(seconds=1))
    assert sweep.forgotten().call_ids == [call.pk]
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.READY


def test_a_worker_that_lost_its_lease_publishes_nothing(scene: Scene) -> None:
    call = a_talk(scene)
    assemble = final.assemble

    def overtaken(*args: object) -> None:
        assemble(*args)  # type: ignore[arg-type]
        CallTranscript.objects.update(claimed_at=timezone.now() + timedelta(seconds=5))

    with patch.object(final, "assemble", overtaken):
        final.finish_transcript(call.pk)
    assert not Utterance.objects.filter(call=call, source=Source.OFFLINE).exists()
    assert not CallEvent.objects.filter(call=call, type="transcript-ready").exists()


@pytest.mark.one_database
def test_without_a_model_nothing_is_played_unmasked_and_the_recording_waits(
    scene: Scene, settings: Settings
) -> None:
    call = a_talk(scene)
    settings.ALLOW_FIXTURE_SPEECH = False
    settings.SPEECH_MODEL_OFFLINE = "small"
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.WAITING_MODEL
    assert set(Recording.objects.values_list("masked_path", flat=True)) == {""}
    assert call.pk not in sweep.forgotten().call_ids
    settings.ALLOW_FIXTURE_SPEECH = True
    assert sweep.forgotten().call_ids == [call.pk]
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.READY


@pytest.mark.one_database
def test_what_nobody_could_hear_is_beeped_as_a_whole(scene: Scene) -> None:
    chunk = scene.says("customer", PROFANE, 2000)
    damaged = scene.leaves("customer", b"no sound" * 50, 8000, length=1500)
    heard_live(chunk, damaged)
    call = scene.ends()
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.PARTIAL
    assert Utterance.objects.filter(call=call, source=Source.OFFLINE).count() == 1


@pytest.mark.one_database
def test_a_browsers_own_recording_is_heard_and_masked_too(scene: Scene) -> None:
    sound = webm(spoken(PROFANE, voice="+m3", rate=48_000))
    chunk = scene.leaves("customer", sound, 3000, suffix="webm", length=4000)
    heard_live(chunk)
    call = scene.ends()
    final.finish_transcript(call.pk)
    assert [u.masked_text for u in Utterance.objects.best(call)] == [PROFANE.replace("씨발", MASK)]
    start, end = beeped(scene)
    assert share_at(side(scene, "customer", "masked"), 1000, start, end) > 0.95


def webm(samples: np.ndarray) -> bytes:
    """As MediaRecorder gives it."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def test_a_chunk_that_comes_late_makes_the_transcript_grow(scene: Scene) -> None:
    call = a_talk(scene)
    final.finish_transcript(call.pk)
    late = scene.says("customer", "네 알겠습니다.", 16_000)
    assert final.reopen_transcript(late.pk) == call.pk
    heard_live(late)
    final.finish_transcript(call.pk)
    assert [u.text for u in Utterance.objects.best(call)][-1] == "네 알겠습니다."


def test_a_chunk_that_comes_during_the_pass_is_not_forgotten(scene: Scene) -> None:
    call = a_talk(scene)
    assemble = final.assemble

    def meanwhile(*args: object) -> None:
        assemble(*args)  # type: ignore[arg-type]
        if SpeechJob.objects.count() == 3:
            heard_live(scene.says("customer", "네 알겠습니다.", 16_000))

    with patch.object(final, "assemble", meanwhile):
        with pytest.raises(final.NotSettled):
            final.finish_transcript(call.pk)
        final.finish_transcript(call.pk)
    assert Utterance.objects.filter(call=call, source=Source.OFFLINE).count() == 4


def test_a_call_without_sound_has_an_empty_transcript(scene: Scene) -> None:
    call = scene.ends()
    final.finish_transcript(call.pk)
    assert CallTranscript.objects.get(call=call).state == TranscriptState.READY
    assert not Utterance.objects.exists()


def test_a_running_call_is_left_alone(scene: Scene) -> None:
    heard_live(scene.says("customer", PROFANE, 0))
    final.finish_transcript(scene.call.pk)
    assert not CallTranscript.objects.filter(state=TranscriptState.READY).exists()
