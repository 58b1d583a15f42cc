"""Old transcripts under new rules: rows, stored captions and sound, whatever happens to the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls import events
from calls.models import CallEvent, Recording
from tests import cast
from tests.transcripts.records import Made, a_record
from transcripts.actions import remask
from transcripts.actions.utterances import caption
from transcripts.masking.mask import MASK
from transcripts.models import LexiconEntry, MaskingPolicy, Remask, RemaskState, Source, Utterance
from transcripts.models.policy import REMASK_LEASE

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.req("S1.6")]


@pytest.fixture
def remade(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    monkeypatch.setattr(remask, "remake_audio", calls.append)
    return calls


@pytest.fixture
def made() -> Made:
    made = a_record(cast.an_agent("alice"), sound=False)
    Utterance.objects.all().delete()
    spoken = Utterance.objects.create(
        call=made.call, participant=made.customer, source=Source.LIVE, position=0, start_ms=0, end_ms=900,
        text=" 이 감자야", masked_text=" 이 감자야", words=[[" 이", 0, 200, 0.9], [" 감자야", 300, 800, 0.9]],
        language="ko", confidence=0.9, engine="whisper", engine_model="base",
    )  # fmt: skip
    events.emit(made.call, "caption", caption(spoken))
    return made


def forbid(term: str = "감자", **fields: object) -> None:
    LexiconEntry.objects.create(term=term, language="ko", severity=2, **fields)
    Remask.objects.ask()


def test_a_new_word_is_hidden_in_rows_and_in_captions_told_again(made: Made, remade: list[object]) -> None:
    forbid()
    assert remask.run_remask()
    said = Utterance.objects.get()
    assert said.masked_text == f" 이 {MASK}야"
    assert (said.masks[0]["start_ms"], said.masks[0]["end_ms"]) == (300, 900)
    event = CallEvent.objects.get(type="caption")
    assert event.payload["text"] == said.masked_text
    assert event.payload["masks"] == said.public_masks()
    assert remade == [made.call.pk]
    run = Remask.objects.get()
    assert (run.state, run.total, run.done, run.changed) == (RemaskState.DONE, 1, 1, 1)
    assert not remask.run_remask()


def test_what_stays_the_same_is_not_written_and_its_sound_not_made(made: Made, remade: list[object]) -> None:
    forbid("고구마")
    assert remask.run_remask()
    assert remade == []
    assert Remask.objects.get().changed == 0


def test_words_of_another_queue_change_nothing(made: Made, remade: list[object]) -> None:
    forbid(queue=cast.a_queue("다른 곳"))
    remask.run_remask()
    assert Utterance.objects.get().masks == []


def test_a_policy_spares_the_mild_tier(made: Made, remade: list[object]) -> None:
    forbid()
    MaskingPolicy.objects.create(queue=made.call.queue, min_severity=3)
    remask.run_remask()
    assert Utterance.objects.get().masks == []


def test_edits_before_a_run_begins_share_it(made: Made) -> None:
    forbid()
    first = Remask.objects.get()
    forbid("고구마")
    assert Remask.objects.get().created_at > first.created_at


def test_a_run_whose_worker_died_is_taken_over_and_makes_the_sound(made: Made, remade: list[object]) -> None:
    """The row was written, the sound was not."""
    forbid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remask, "remake_audio", _dies)
        with pytest.raises(KeyboardInterrupt):
            remask.run_remask()
    assert Utterance.objects.get().masks
    assert not remask.run_remask(), "its lease still holds"
    Remask.objects.update(claimed_at=timezone.now() - REMASK_LEASE - timedelta(seconds=1))
    assert remask.run_remask()
    assert remade == [made.call.pk]


def test_sound_that_cannot_be_made_again_is_withheld(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    Recording.objects.create(
        call=made.call, participant=made.customer, started_ms=0, masked_path="audio/x.masked.opus"
    )
    monkeypatch.setattr(remask, "remake_audio", _fails)
    forbid()
    assert remask.run_remask()
    assert Recording.objects.get().masked_path == ""
    assert Remask.objects.get().state == RemaskState.DONE


def test_what_was_heard_under_old_rules_asks_for_another_run(made: Made, remade: list[object]) -> None:
    before = timezone.now()
    forbid()
    remask.run_remask()
    Remask.objects.ask_if_changed_since(before)
    assert Remask.objects.filter(state=RemaskState.PENDING).count() == 1


def _dies(_call_id: object) -> None:
    raise KeyboardInterrupt


def _fails(_call_id: object) -> None:
    raise OSError("the disk is full")
