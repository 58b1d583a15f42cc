"""Rules per queue, and what was written down before they changed."""

from __future__ import annotations

from datetime import timedelta

import av
import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.media.ogg import read_packets
from calls.media.opus import beep_packets
from calls.models import CallEvent
from tests import cast
from tests.transcripts.scene import GREETING, PROFANE, a_scene
from transcripts import tasks
from transcripts.actions import audio, final, live, remask
from transcripts.masking.mask import MASK
from transcripts.models import CallTranscript, LexiconEntry, MaskingPolicy, Remask, Utterance
from transcripts.vocabulary import masked

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def talk():
    """A finished call: cara swears, alice greets."""
    scene = a_scene()
    scene.says("agent", GREETING, 0)
    chunk = scene.says("customer", PROFANE, 4000)
    live.transcribe_chunk(chunk.pk)
    scene.ends()
    finish(scene.call)
    return scene


def finish(call):
    from calls.models import Chunk

    for chunk in Chunk.objects.filter(recording__call=call):
        live.transcribe_chunk(chunk.pk)
    final.finish_transcript(call.pk)


def beeps(talk, role):
    recording = talk.call.recordings.get(participant__role=role)
    with recording.masked_file().open("rb") as file:
        return [packet in set(beep_packets()) for packet in read_packets(file)]


def text_of(talk, source="offline"):
    return " ".join(
        Utterance.objects.filter(call=talk.call, source=source).values_list("masked_text", flat=True)
    )


@pytest.mark.req("S1.6")
def test_a_queue_has_words_and_exceptions_of_its_own():
    clinic, shop = cast.a_queue("병원"), cast.a_queue("가게")
    LexiconEntry.objects.create(term="돌팔이", language="ko", queue=clinic)
    assert masked("저 돌팔이가 또", clinic.pk).text == f"저 {MASK}가 또"
    assert masked("저 돌팔이가 또", shop.pk).masks == ()
    LexiconEntry.objects.create(term="개새끼손", language="ko", is_allowed=True, queue=shop)
    assert masked("개새끼손 인형", shop.pk).masks == ()
    assert masked("개새끼손 인형", clinic.pk).masks != ()


@pytest.mark.req("S1.6")
def test_a_queue_decides_which_personal_data_and_which_tiers_are_hidden():
    queue = cast.a_queue("접수")
    text = "아 씨발 제 번호는 010-1234-5678 이에요"
    assert masked(text, queue.pk).text == f"아 {MASK} 제 번호는 [PHONE] 이에요"
    policy = MaskingPolicy.objects.create(queue=queue, personal_data=["card"])
    assert masked(text, queue.pk).text == f"아 {MASK} 제 번호는 010-1234-5678 이에요"
    policy.min_severity = 3
    policy.save()
    LexiconEntry.objects.create(term="감자", language="ko", severity=1)
    assert masked("이 감자야", queue.pk).masks == ()
    assert masked("이 감자야").masks != ()


def test_masking_a_text_asks_the_database_twice_at_most():
    queue = cast.a_queue("접수")
    masked("처음", queue.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(5):
            masked("다시", queue.pk)
    assert len(queries) == 10


@pytest.mark.req("S1.6")
def test_a_word_that_is_added_later_is_hidden_in_text_sound_and_stored_events(talk):
    assert "노트북" in text_of(talk)
    before = sum(beeps(talk, "customer"))
    LexiconEntry.objects.create(term="노트북", language="ko")
    run = remask.request()
    remask.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == ("done", 4, 4)
    assert run.changed == 2
    assert "노트북" not in text_of(talk) + text_of(talk, "live")
    assert sum(beeps(talk, "customer")) > before
    captions = CallEvent.objects.filter(call=talk.call, type="caption")
    assert all("노트북" not in event.payload["text"] for event in captions)
    assert any(event.payload["text"].count(MASK) == 2 for event in captions)


def test_a_word_that_is_allowed_later_is_shown_and_heard(talk):
    assert sum(beeps(talk, "customer")) > 0
    LexiconEntry.objects.create(term="씨발", language="ko", is_allowed=True)
    remask.run(remask.request().pk)
    assert MASK not in text_of(talk)
    assert sum(beeps(talk, "customer")) == 0


def test_edits_that_wait_share_a_run_and_a_done_run_is_not_done_again(talk):
    first = remask.request()
    assert remask.request() == first
    remask.run(first.pk)
    assert remask.request() != first
    remask.run(first.pk)
    first.refresh_from_db()
    assert first.done == first.total


def test_a_killed_run_goes_on_and_leaves_nothing_audible_that_its_text_hides(talk, monkeypatch):
    LexiconEntry.objects.create(term="노트북", language="ko")
    run = remask.request()

    def killed(_call_id):
        raise KeyboardInterrupt

    monkeypatch.setattr(remask, "remake_audio", killed)
    with pytest.raises(KeyboardInterrupt):
        remask.run(run.pk)
    monkeypatch.undo()
    assert "노트북" not in text_of(talk)
    assert all(recording.masked_file() is None for recording in talk.call.recordings.all())
    assert remask.open_runs() == []
    Remask.objects.filter(pk=run.pk).update(claimed_at=timezone.now() - timedelta(hours=1))
    for waiting in remask.open_runs():
        tasks.mask_again(waiting)
    assert remask.calls_without_sound() == [talk.call.pk]
    tasks.make_sound_again(str(talk.call.pk))
    run.refresh_from_db()
    assert run.state == "done"
    assert sum(beeps(talk, "customer")) > 0


def test_what_could_not_be_heard_stays_beeped(talk):
    chunk = talk.leaves("agent", b"no audio at all", 9000, length=800)
    final.reopen_transcript(chunk.pk)
    finish(talk.call)
    was = sum(beeps(talk, "customer"))
    audio.remake_audio(talk.call.pk)
    assert sum(beeps(talk, "customer")) == was > 0


@pytest.mark.req("S1.7")
def test_the_stereo_file_has_the_customer_left_and_the_agent_right_with_every_beep(talk):
    path = settings.DATA_DIR / CallTranscript.objects.get(call=talk.call).mix_path
    left, right = both_ears(path)
    spoken_left, spoken_right = left[4000 * 48 :], right[: 3000 * 48]
    assert level(spoken_left) > 20 * level(right[4000 * 48 :])
    assert level(spoken_right) > 20 * level(left[: 3000 * 48])
    hidden = Utterance.objects.exclude(masks=[]).get(call=talk.call, source="offline").masks[0]
    beep = left[hidden["start_ms"] * 48 : hidden["end_ms"] * 48]
    spectrum = np.abs(np.fft.rfft(beep))
    assert abs(np.argmax(spectrum) * 48_000 / len(beep) - 1000) < 20
    assert "mix" in talk.call.transcript.mix_path


def both_ears(path):
    with av.open(str(path)) as container:
        assert container.streams.audio[0].channels == 2
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    planes = [frame if len(frame) == 2 else frame.reshape(-1, 2).T for frame in frames]
    return np.concatenate(planes, axis=1)


def level(samples):
    return float(np.sqrt(np.mean(samples.astype(float) ** 2)))


def test_the_command_tells_how_far_it_is(talk, capsys):
    LexiconEntry.objects.create(term="노트북", language="ko")
    call_command("remask")
    assert "4 of 4 utterances, 2 changed" in capsys.readouterr().out
