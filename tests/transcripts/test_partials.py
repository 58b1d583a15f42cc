"""What is being said is shown before it is over: without its unsure end, and never unmasked."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from calls.models import CallEvent, Chunk
from tests.transcripts.scene import SORRY, Scene, a_scene
from transcripts.actions import load, partials
from transcripts.actions.live import tell_delays
from transcripts.engines.words import Segment, Transcription, Word
from transcripts.masking.mask import MASK
from transcripts.models import JobState, SpeechJob, Utterance
from transcripts.tasks import transcribe_chunk

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _fresh_load() -> None:
    cache.clear()


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def heard(text: str, word_ms: int = 300) -> Transcription:
    words = tuple(
        Word(f" {word}", at * word_ms, (at + 1) * word_ms, 0.9) for at, word in enumerate(text.split())
    )
    return Transcription("ko", (Segment(text, 0, len(words) * word_ms, 0.9, words),))


def shown(text: str, silence_ms: int = 2000) -> str:
    said = heard(text)
    return partials.sure_part(said, said.segments[0].end_ms + silence_ms, None).text


@pytest.mark.req("S1.5")
def test_the_last_words_are_held_back() -> None:
    assert shown("노트북 배송이 왜 이렇게 늦어요") == "노트북 배송이 왜"


def test_a_word_that_ends_at_the_edge_of_the_sound_is_held_back() -> None:
    assert shown("노트북 배송이 왜 이렇게 늦어요", silence_ms=0) == "노트북 배송이 왜"
    said = heard("노트북 배송이 왜 이렇게 늦어요", word_ms=700)
    assert partials.sure_part(said, 3 * 700, None).text == "노트북 배송이"


@pytest.mark.req("S1.6")
def test_a_profane_word_is_masked_in_the_kept_part() -> None:
    assert shown("아 씨발 노트북 배송이 왜 늦어") == f"아 {MASK} 노트북 배송이"


@pytest.mark.req("S1.6")
@pytest.mark.parametrize("text", ["진짜 이 씨 발", "진짜 이 씨발 놈아"])
def test_no_beginning_of_a_profane_word_is_shown(text: str) -> None:
    for count in range(1, len(text.split()) + 1):
        assert "씨" not in shown(" ".join(text.split()[:count]))


@pytest.mark.parametrize(
    "text",
    [
        "제 번호는 010 1234 5678 이고요 그런데 말입니다",
        "제 번호는 공일공 일이삼사 오육칠팔 입니다 그런데 말이죠",
    ],
)
def test_no_beginning_of_a_telephone_number_is_shown(text: str) -> None:
    words = text.split()
    digits = {word for word in words if word[0] in "0157공일오"}
    for count in range(1, len(words) + 1):
        assert not digits & set(shown(" ".join(words[:count])).split())


def grows(scene: Scene, text: str = SORRY) -> tuple[str, int]:
    """A recording of what alice says that is still open: its name, and when it began."""
    chunk = scene.says("agent", text, at_ms=1000)
    file = chunk.file()
    part = file.with_name(file.name + ".part")
    file.rename(part)
    started_ms = chunk.started_ms
    chunk.delete()
    return part.relative_to(settings.DATA_DIR / "recordings").as_posix(), started_ms


def told(scene: Scene, path: str, started_ms: int) -> list[dict[str, object]]:
    with patch("calls.events.relay") as relay:
        partials.caption_partial(scene.call.pk, scene.party("agent").pk, path, started_ms)
    return [call.args[1] for call in relay.call_args_list]


def test_an_open_recording_is_heard_and_nothing_is_stored(scene: Scene) -> None:
    path, started_ms = grows(scene)
    [message] = told(scene, path, started_ms)
    assert message["type"] == "caption-partial"
    assert message["role"] == "agent"
    assert SORRY.startswith(str(message["text"]))
    assert message["text"]
    assert Utterance.objects.count() == 0
    assert not CallEvent.objects.filter(type__startswith="caption-").exists()


def test_an_utterance_that_is_over_gets_no_partial(scene: Scene) -> None:
    path, started_ms = grows(scene)
    (settings.DATA_DIR / "recordings" / path).rename(
        settings.DATA_DIR / "recordings" / path.removesuffix(".part")
    )
    assert told(scene, path, started_ms) == []


def test_a_later_utterance_ends_the_partials_of_an_earlier_one(scene: Scene) -> None:
    path, started_ms = grows(scene)
    scene.says("agent", SORRY, at_ms=9000)
    assert told(scene, path, started_ms) == []


def test_a_name_that_leads_out_of_the_recordings_is_not_opened(scene: Scene) -> None:
    _path, started_ms = grows(scene)
    assert told(scene, "../../../etc/passwd", started_ms) == []


def test_a_party_has_one_place_in_the_queue(scene: Scene) -> None:
    cara, alice = scene.party("customer").pk, scene.party("agent").pk
    assert partials.may_start(cara)
    assert not partials.may_start(cara)
    assert partials.may_start(alice)


def waits(chunk: Chunk, seconds: float) -> None:
    SpeechJob.objects.filter(chunk=chunk).update(created_at=timezone.now() - timedelta(seconds=seconds))
    cache.clear()


def test_there_are_no_partials_while_captions_are_behind(scene: Scene) -> None:
    waits(scene.says("customer", SORRY, at_ms=0), seconds=3)
    assert load.level() == 1
    assert not partials.may_start(scene.party("agent").pk)


def test_work_of_calls_that_are_over_is_no_live_load(scene: Scene) -> None:
    waits(scene.says("customer", SORRY, at_ms=0), seconds=30)
    assert load.level() == 2
    scene.ends()
    cache.clear()
    assert load.backlog() == load.Backlog(0, 0.0)


def test_the_pages_are_told_of_a_delay_and_of_its_end(scene: Scene) -> None:
    transcribe_chunk(scene.says("agent", SORRY, at_ms=0).pk)
    late = scene.says("customer", SORRY, at_ms=4000)
    waits(late, seconds=10)
    tell_delays()
    tell_delays()
    SpeechJob.objects.filter(chunk=late).update(state=JobState.DONE)
    cache.clear()
    tell_delays()
    states = CallEvent.objects.filter(call=scene.call, type="captions-state").order_by("seq")
    assert [event.payload["delayed"] for event in states] == [False, True, False]


def test_what_waited_too_long_is_a_gap_in_the_captions(scene: Scene, settings: Settings) -> None:
    chunk = scene.says("customer", SORRY, at_ms=2000)
    waits(chunk, seconds=settings.CAPTION_BACKLOG_SECONDS + 1)
    transcribe_chunk(chunk.pk)
    assert SpeechJob.objects.get().state == JobState.SKIPPED
    gap = CallEvent.objects.get(call=scene.call, type="caption-gap").payload
    assert gap["peerId"] == str(scene.party("customer").pk)
    assert (gap["startMs"], gap["endMs"]) == (2000, 2000 + chunk.duration_ms)
    assert gap["reason"] == "overload"


@pytest.mark.parametrize(
    ("before", "oldest", "calm", "after"),
    [
        (0, 1.9, 0, 0),
        (0, 2, 0, 1),
        (0, 6, 0, 2),
        (2, 2.9, 4, 2),
        (2, 2.9, 5, 1),
        (2, 3.5, 99, 2),
        (1, 0, 5, 0),
    ],
)
def test_the_ladder_rises_at_once_and_falls_after_a_calm(
    before: int, oldest: float, calm: float, after: int
) -> None:
    assert load.step(before, oldest, calm) == after
