"""Noisy sound is heard once more with its noise turned down: what only then is heard as abuse is beeped too."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

from calls.media.ogg import read_packets
from calls.media.opus import beep_packets
from calls.models import Recording
from tests.transcripts.scene import PROFANE, SORRY, Scene, a_scene
from tests.transcripts.voices import spoken
from transcripts.actions import audio, final, remask
from transcripts.engines import cleaning
from transcripts.masking.audio import PAD_MS
from transcripts.models import CallTranscript, LexiconEntry, Source, Utterance

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


def with_noise(sound: np.ndarray, decibels: float) -> np.ndarray:
    loud = sound[np.abs(sound) > 0.01]
    power = np.mean(loud**2) / 10 ** (decibels / 10)
    noise = np.random.default_rng(1).standard_normal(len(sound)) * np.sqrt(power)
    return np.clip(sound + noise, -1, 1).astype(np.float32)


def apart(sound: np.ndarray) -> float:
    """Decibels between the loud tenth and the quiet tenth of the frames."""
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    power = np.sort(np.mean(frames**2, axis=1))
    tenth = len(power) // 10
    return float(10 * np.log10(power[-tenth:].mean() / power[:tenth].mean()))


@pytest.mark.parametrize(("decibels", "noisy"), [(0, True), (10, True), (30, False), (50, False)])
def test_noise_is_told_from_a_quiet_room(decibels: float, noisy: bool) -> None:
    assert cleaning.is_noisy(with_noise(spoken(PROFANE), decibels)) is noisy


def test_sound_without_anything_is_not_noisy() -> None:
    assert not cleaning.is_noisy(np.zeros(0, np.float32))
    assert not cleaning.is_noisy(np.zeros(16_000, np.float32))


@pytest.mark.parametrize("length", [0, 1, 511, 16_000, 31 * 16_000 + 7])
def test_cleaning_keeps_the_length(length: int) -> None:
    assert len(cleaning.cleaned(np.ones(length, np.float32))) == length


def test_cleaning_turns_the_noise_down_and_keeps_the_voice() -> None:
    clean = spoken(PROFANE)
    noisy = with_noise(clean, 10)
    cleaned = cleaning.cleaned(noisy)
    assert apart(cleaned) > apart(noisy) + 10
    assert np.corrcoef(cleaned, clean)[0, 1] > np.corrcoef(noisy, clean)[0, 1]


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def finished(scene: Scene, *, first: str, cleaned: str) -> None:
    """A call whose only utterance is noisy, heard as `first`, and as `cleaned` without its noise."""
    [chunk] = [scene.records("customer", with_noise(spoken(SORRY, rate=48_000), 10), at_ms=1000)]
    chunk.speech_job.delete()
    scene.ends()
    sounds = {False: spoken(first), True: spoken(cleaned)}
    with (
        patch("transcripts.actions.stretches.heard", lambda _chunk: with_noise(sounds[False], 40)),
        patch.object(cleaning, "is_noisy", lambda _audio: True),
        patch.object(cleaning, "cleaned", lambda _audio: sounds[True]),
    ):
        final.finish_transcript(scene.call.pk)


def said(scene: Scene, source: Source) -> list[str]:
    return list(Utterance.objects.filter(call=scene.call, source=source).values_list("text", flat=True))


@pytest.mark.req("S1.6")
def test_what_only_the_second_hearing_has_is_beeped_and_shown_nowhere(scene: Scene) -> None:
    finished(scene, first=SORRY, cleaned=PROFANE)
    assert said(scene, Source.OFFLINE) == [SORRY]
    assert said(scene, Source.AGAIN) == [PROFANE]
    [second] = Utterance.objects.filter(source=Source.AGAIN)
    assert (second.search_text, second.tone) == ("", None)
    assert [each.text for each in Utterance.objects.best(scene.call)] == [SORRY]
    assert CallTranscript.objects.get().masked_utterances == 0
    [mask] = second.masks
    recording = Recording.objects.get(participant=scene.party("customer"))
    with recording.masked_file().open("rb") as file:
        beeps = [packet in set(beep_packets()) for packet in read_packets(file)]
    first, last = (mask["start_ms"] - PAD_MS) // 20, (mask["end_ms"] + PAD_MS) // 20
    assert all(beeps[first + 1 : last])
    assert not any(beeps[: first - 1] + beeps[last + 2 :])


def test_a_call_that_is_heard_anew_keeps_nothing_of_its_second_hearing_before(scene: Scene) -> None:
    finished(scene, first=SORRY, cleaned=PROFANE)
    CallTranscript.objects.update(state="pending")
    final.finish_transcript(scene.call.pk)
    assert PROFANE not in said(scene, Source.AGAIN)


def test_a_rule_that_comes_later_counts_for_the_second_hearing_too(scene: Scene) -> None:
    finished(scene, first=SORRY, cleaned="노트북 환불하고 싶어요.")
    assert audio.beeped([each.masks for each in Utterance.objects.all()], []) == []
    LexiconEntry.objects.create(language="ko", term="노트북")
    remask.run(remask.request().pk)
    [second] = Utterance.objects.filter(source=Source.AGAIN)
    assert second.masks
