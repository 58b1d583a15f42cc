"""What the assistant said becomes its side of the transcript: whole lines, heard beginnings, nothing twice, nothing lost."""

from __future__ import annotations

import pytest

from calls.actions import assistants
from calls.actions.recordings import register_chunk
from calls.models import Call, Chunk, Participant
from tests.cast import a_place, cara_calls
from transcripts.actions import live
from transcripts.actions.script import NotTold, spoken
from transcripts.models import AssistantTurn, SpeechJob, SpokenLine, Utterance

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]
NEW = {"sentiment": "neutral", "score": 0, "model": "house"}


@pytest.fixture
def call() -> Call:
    made = cara_calls(a_place()).call
    assert assistants.take_call(made, "자동 응답")
    return made


def at(call: Call, ms: int) -> int:
    assert call.answered_at is not None
    return round(call.answered_at.timestamp() * 1000) + ms


def line(
    call: Call, text: str, start: int | None, ms: int, outcome: str = "whole", heard: int | None = None
) -> SpokenLine:
    turn, _ = AssistantTurn.objects.get_or_create(call=call, position=1, defaults=NEW)
    return SpokenLine.objects.create(
        call=call,
        turn=turn,
        position=turn.lines.count(),
        text=text,
        ms=ms,
        outcome=outcome,
        started_ms=None if start is None else at(call, start),
        heard_ms=ms if heard is None else heard,
    )


def chunk(call: Call, index: int, start: int, ms: int) -> Chunk:
    assistant = Participant.objects.get(call=call, role="assistant")
    return register_chunk(
        assistant,
        path=f"{call.pk}/{index}",
        index=index,
        started_ms=at(call, start),
        duration_ms=ms,
        has_speech=True,
    )


@pytest.mark.req("S2.12")
def test_each_line_is_in_the_chunk_in_which_it_ends(call) -> None:
    line(call, "하나 둘 셋.", 500, 2000)
    line(call, "넷 다섯 여섯.", 2500, 2000)
    pieces = [spoken(chunk(call, 0, 200, 3000)), spoken(chunk(call, 1, 3200, 2000))]
    assert [[s.text for s in piece.segments] for piece in pieces] == [["하나 둘 셋."], ["넷 다섯 여섯."]]
    assert [(s.start_ms, s.end_ms) for piece in pieces for s in piece.segments] == [(500, 2500), (2500, 4500)]


def test_of_what_was_cut_short_only_the_heard_words_count(call) -> None:
    line(call, "하나 둘 셋 넷", 500, 4000, "stopped", heard=2000)
    line(call, "다섯", None, 1000, "stopped", heard=0)
    assert [s.text for s in spoken(chunk(call, 0, 200, 3000)).segments] == ["하나 둘"]


def test_it_waits_for_the_word_of_what_became_of_a_line(call) -> None:
    told = line(call, "하나", 500, 1000, "pending")
    piece = chunk(call, 0, 200, 3000)
    with pytest.raises(NotTold):
        spoken(piece)
    assert spoken(piece, wait=False).segments == ()
    SpokenLine.objects.filter(pk=told.pk).update(outcome="whole")
    assert [s.text for s in spoken(piece).segments] == ["하나"]


def test_its_captions_need_no_model_and_are_signed(call) -> None:
    line(call, "전화는 010-1234-5678 입니다.", 500, 2000)
    piece = chunk(call, 0, 200, 3000)
    live.add_job(piece.pk)
    live.transcribe_chunk(piece.pk)
    said = Utterance.objects.get(call=call)
    assert (said.participant.role, said.engine, said.source) == ("assistant", "assistant", "live")
    assert "1234" not in said.masked_text  # masked like anybody's
    assert SpeechJob.objects.get(chunk=piece).state == "done"
    assert call.events.filter(type="caption", payload__role="assistant").exists()


def test_a_line_that_was_told_too_late_is_heard_again(call) -> None:
    line(call, "하나", 500, 1000, "pending")
    piece = chunk(call, 0, 200, 3000)
    live.add_job(piece.pk)
    with pytest.raises(live.HearAgain):
        live.transcribe_chunk(piece.pk)
    SpokenLine.objects.update(outcome="whole", heard_ms=1000)
    live.transcribe_chunk(piece.pk)
    assert Utterance.objects.filter(call=call).count() == 1
