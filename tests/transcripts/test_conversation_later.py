"""`Prefer: respond-async`: 202 with an address, where the same answer or the same refusal is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from calls.actions.calls import end_call
from tests.calls.test_api import bearer, by_token, error_of
from tests.cast import Cara, an_agent, cara_calls, talking
from transcripts import tasks
from transcripts.actions import asked, converse
from transcripts.models import AskedLater, AssistantTurn, KnowledgeEntry

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S2.5")]

ADDRESS = "/api/v1/calls/conversation/process"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ids: list[str] = []
    monkeypatch.setattr(tasks.answer_kept, "delay", ids.append)
    return ids


@pytest.fixture
def cara(monkeypatch: pytest.MonkeyPatch, sent) -> Cara:
    cache.clear()
    monkeypatch.setattr(converse, "hear", lambda _call, sound: sound.decode())
    KnowledgeEntry.objects.create(questions="배송 기간", answer="이틀 걸립니다.")
    return talking(an_agent("alice"))


def ask(client, cara: Cara, prefer: str = "respond-async", **more: str):
    sound = SimpleUploadedFile("a.wav", "배송 기간이요".encode())
    body = {"audio": sound, "callId": str(cara.call.pk), **more}
    return client.post(ADDRESS, body, headers=by_token(cara.token) | {"Prefer": prefer})


def look(client, cara: Cara, url: str):
    return client.get(url, headers=by_token(cara.token))


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async", "respond-async; x=1"])
def test_it_answers_at_once_and_the_address_has_the_answer(client, cara: Cara, sent, prefer: str) -> None:
    accepted = ask(client, cara, prefer)
    assert accepted.status_code == 202
    data = accepted.json()["data"]
    assert accepted["Location"] == data["statusUrl"]
    assert accepted["Preference-Applied"] == "respond-async"
    pending = look(client, cara, data["statusUrl"])
    assert (pending.status_code, pending.json()["data"], pending["Retry-After"]) == (
        200,
        {"status": "pending"},
        "1",
    )
    kept = AskedLater.objects.get()
    assert kept.file().exists()
    for _twice in range(2):
        tasks.answer_kept(sent[0])
    done = look(client, cara, data["statusUrl"]).json()["data"]
    assert (done["status"], done["conversation"]["aiResponse"]) == ("done", "이틀 걸립니다.")
    assert done["audioUrl"].startswith("data:audio/mp3;base64,")
    assert AssistantTurn.objects.count() == 1
    assert not kept.file().exists()


def test_without_the_wish_it_is_answered_in_the_same_breath(client, cara: Cara, sent) -> None:
    assert ask(client, cara, prefer="return=minimal").status_code == 200
    assert sent == []


def test_a_refusal_is_the_one_that_would_have_come_at_once(client, cara: Cara, sent, monkeypatch) -> None:
    def hears_nothing(_call, _sound):
        raise converse.ConversationRefused("no_speech")

    monkeypatch.setattr(converse, "hear", hears_nothing)
    url = ask(client, cara).json()["data"]["statusUrl"]
    tasks.answer_kept(sent[0])
    assert error_of(look(client, cara, url)) == (422, "no_speech")
    end_call(cara.party)
    assert error_of(ask(client, cara)) == (409, "wrong_state")


def test_an_answer_is_the_callers_own(client, cara: Cara, sent) -> None:
    url = ask(client, cara).json()["data"]["statusUrl"]
    other = cara_calls()
    assert error_of(look(client, other, url)) == (404, "not_found")
    assert error_of(client.get(url)) == (401, "not_authenticated")
    assert error_of(client.get(url, headers=bearer(an_agent("eve")))) == (404, "not_found")
    assert error_of(look(client, cara, f"{ADDRESS}/no-id")) == (404, "not_found")


def test_what_a_killed_worker_left_fails_in_time_and_its_sound_goes(client, cara: Cara, sent) -> None:
    url = ask(client, cara).json()["data"]["statusUrl"]
    kept = AskedLater.objects.get()
    AskedLater.objects.update(state="running")
    asked.give_up()
    assert look(client, cara, url).json()["data"]["status"] == "pending"
    AskedLater.objects.update(created_at=timezone.now() - asked.TOO_LATE - timedelta(seconds=1))
    asked.give_up()
    assert error_of(look(client, cara, url)) == (503, "assistant_failed")
    assert not kept.file().exists()
    tasks.answer_kept(sent[0])
    assert not AssistantTurn.objects.exists()
    AskedLater.objects.update(created_at=timezone.now() - asked.KEPT - timedelta(seconds=1))
    asked.give_up()
    assert not AskedLater.objects.exists()
