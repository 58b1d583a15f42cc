"""A customer breaks a number over two utterances: both halves are hidden, in captions, in the transcript and in the sound."""

from __future__ import annotations

from typing import NoReturn
from unittest.mock import patch

import pytest
from django.core.cache import cache

from calls.media.ogg import read_packets
from calls.media.opus import beep_packets
from calls.models import CallEvent, Chunk, Recording
from tests.transcripts.scene import Scene, a_scene
from tests.transcripts.voices import tone
from transcripts.actions import final, live, partials, remask
from transcripts.engines.base import Capabilities, Provenance, SpeechEngine
from transcripts.engines.words import Segment, Transcription, Word
from transcripts.models import LexiconEntry, Source, SpeechJob, Utterance

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.6")]

FIRST, SECOND = "제 번호는 공일공 일이삼사이고요", "네 오육칠팔이요 맞죠 그럼 끊을게요"


class Scripted(SpeechEngine):
    """An engine that hears in each chunk what was said to be in it."""

    provenance = Provenance("scripted", "", "1")
    capabilities = Capabilities(frozenset({"ko"}), word_times=True, live=True, offline=True)

    def __init__(self, *said: tuple[Chunk, str]) -> None:
        self.said = said

    def recognise(self, audio: object, *, language: str | None) -> NoReturn:
        raise AssertionError("what was said is known")

    def transcribe(self, audio: object, *, language: str | None, offset_ms: int = 0) -> Transcription:
        """The utterances that begin in the stretch from `offset_ms` on."""
        mine = [
            _segment(text, chunk.offset_ms()) for chunk, text in self.said if chunk.offset_ms() >= offset_ms
        ]
        return Transcription(language or "ko", tuple(mine))


def _segment(text: str, start_ms: int) -> Segment:
    words = tuple(
        Word(f" {word}", start_ms + at * 300, start_ms + at * 300 + 300, 0.9)
        for at, word in enumerate(text.split())
    )
    return Segment(text, start_ms, words[-1].end_ms, 0.9, words)


@pytest.fixture
def scene() -> Scene:
    cache.clear()
    return a_scene()


def chunk(scene: Scene, at_ms: int, seconds: float = 1.2, role: str = "customer") -> Chunk:
    return scene.records(role, tone(seconds), at_ms)


def hear(part: Chunk, text: str) -> None:
    engine = Scripted((part, text))
    heard = Transcription("ko", (_segment(text, part.offset_ms()),)) if text else Transcription("ko", ())
    with (
        patch.object(live, "engine_of", return_value=engine),
        patch.object(live, "_hear", return_value=heard),
    ):
        live.transcribe_chunk(part.pk)


def told(scene: Scene) -> list[str]:
    return [event.payload["text"] for event in CallEvent.objects.filter(call=scene.call, type="caption")]


def live_texts() -> list[str]:
    return list(
        Utterance.objects.filter(source=Source.LIVE)
        .order_by("start_ms")
        .values_list("masked_text", flat=True)
    )


@pytest.mark.parametrize("turned", [False, True])
def test_both_halves_are_hidden_in_captions_in_whatever_order_they_are_heard(
    scene: Scene, turned: bool
) -> None:
    parts = [(chunk(scene, 1000), "카드 번호는 4111"), (chunk(scene, 5000), "1111 1111 1111 이요")]
    for part, text in reversed(parts) if turned else parts:
        hear(part, text)
    assert live_texts() == ["카드 번호는 [CARD]", "[CARD] 이요"]
    # What was told unmasked is told again, and a page that comes back hears it masked only.
    assert all("4111" not in text and "1111" not in text for text in told(scene))
    assert len(told(scene)) == 3


def test_a_beginning_that_tells_itself_is_never_shown(scene: Scene) -> None:
    hear(chunk(scene, 1000), FIRST)
    assert told(scene) == ["제 번호는 [PHONE]이고요"]
    hear(chunk(scene, 5000), SECOND)
    assert told(scene) == ["제 번호는 [PHONE]이고요", "네 [PHONE]이요 맞죠 그럼 끊을게요"]


def test_the_other_side_may_repeat_in_between(scene: Scene) -> None:
    hear(chunk(scene, 1000), "공일공에")
    hear(chunk(scene, 2500, role="agent"), "네 공일공")
    hear(chunk(scene, 4000), "일이삼사에")
    hear(chunk(scene, 8000), "오육칠팔이요")
    assert live_texts() == ["[PHONE]", "네 공일공", "[PHONE]", "[PHONE]이요"]


def test_what_is_said_much_later_or_by_somebody_else_is_no_second_half(scene: Scene) -> None:
    hear(chunk(scene, 1000), "카드 번호는 4111")
    hear(chunk(scene, 3000, role="agent"), "1111 1111 1111 이요")
    hear(chunk(scene, 30_000), "1111 1111 1111 이요")
    assert live_texts()[0] == "카드 번호는 4111"


def test_the_mask_of_a_half_covers_its_time(scene: Scene) -> None:
    hear(chunk(scene, 1000), "카드 번호는 4111")
    hear(chunk(scene, 5000), "1111 1111 1111 이요")
    first, second = Utterance.objects.order_by("start_ms")
    assert (first.masks[0]["start_ms"], first.hidden_word(0)) == (1600, "4111")
    assert (second.masks[0]["start_ms"], second.hidden_word(0)) == (5000, "1111 1111 1111")
    assert "4111" not in first.search_text + second.search_text


def test_a_run_of_masking_anew_keeps_both_halves_hidden(scene: Scene) -> None:
    hear(chunk(scene, 1000), "카드 번호는 4111")
    hear(chunk(scene, 5000), "1111 1111 1111 감자이요")
    LexiconEntry.objects.create(term="감자", language="ko")
    with patch.object(remask, "BATCH", 1):
        remask.run(remask.request().pk)
    assert live_texts() == ["카드 번호는 [CARD]", "[CARD] ●●●이요"]


def test_a_partial_hides_the_second_half(scene: Scene) -> None:
    part = chunk(scene, 1000)
    hear(part, "카드 번호는 4111")
    going_on = Transcription("ko", (_segment("1111 1111 1111 이요 맞죠 그럼 이만 끊을게요", 5000),))
    before = partials._said_before(scene.party("customer"), 5000)
    assert before == ["카드 번호는 4111"]
    alone = partials.sure_part(going_on, 9000, scene.call.queue_id)
    assert alone.text.startswith("1111")
    assert partials.sure_part(going_on, 9000, scene.call.queue_id, before).text.startswith("[CARD] 이요 맞죠")
    assert partials._said_before(scene.party("customer"), 5000 + 60_000) == []
    assert partials._said_before(scene.party("agent"), 5000) == []


def test_there_is_no_partial_while_the_words_before_it_are_not_known(scene: Scene) -> None:
    part = chunk(scene, 1000)
    assert partials._waits_for_earlier(scene.party("customer"))
    assert not partials._waits_for_earlier(scene.party("agent"))
    hear(part, "카드 번호는 4111")
    assert not partials._waits_for_earlier(scene.party("customer"))


def test_the_final_transcript_and_the_sound_hide_both_halves(scene: Scene) -> None:
    first, second = chunk(scene, 1000, 2.0), chunk(scene, 5000, 2.0)
    hear(first, "")
    hear(second, "")
    call = scene.ends()
    engine = Scripted((first, "카드 번호는 4111"), (second, "1111 1111 1111 이요"))
    with patch.object(final, "engine_of", return_value=engine):
        final.finish_transcript(call.pk)
    shown = Utterance.objects.filter(source=Source.OFFLINE).order_by("start_ms")
    assert [row.masked_text for row in shown] == ["카드 번호는 [CARD]", "[CARD] 이요"]
    beeps = beeped_ms(call)
    assert {1600, 1860, 5000, 5860} <= beeps
    assert not {1200, 3000} & beeps


def beeped_ms(call: object) -> set[int]:
    """The times of the masked customer side, in packets of 20 ms, that hold a beep."""
    recording = Recording.objects.get(call=call, participant__role="customer")
    known = set(beep_packets())
    with recording.masked_file().open("rb") as file:
        return {at * 20 for at, packet in enumerate(read_packets(file)) if packet in known}


def test_an_unsettled_job_is_what_a_partial_waits_for(scene: Scene) -> None:
    part = chunk(scene, 1000)
    SpeechJob.objects.claim(part.pk)
    assert partials._waits_for_earlier(scene.party("customer"))
