"""Answers for an agent: of sure ones only, on masked words, quiet where they are switched off, at a constant price."""

from __future__ import annotations

from typing import Any

import pytest

from calls.actions.calls import end_call
from calls.models import Call
from tests.cast import Cara, an_agent, cara_calls, talking
from tests.transcripts.records import HIDDEN, say
from transcripts import receivers, tasks
from transcripts.actions import suggest
from transcripts.models import AssistantPolicy, KnowledgeEntry, Source

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(suggest.events, "relay", lambda _call, message, **to: messages.append(message | to))
    return messages


@pytest.fixture
def cara() -> Cara:
    for number in range(3):
        KnowledgeEntry.objects.create(
            questions=f"배송 기간\n배송이 언제 와요 {number}", answer="이틀 걸립니다."
        )
    return talking(an_agent("alice"))


def hears(call: Call, text: str, hidden: str = "", at: int = 0) -> None:
    customer = call.participants.get(role="customer")
    say(customer, at, at + 900, text, hidden, source=Source.LIVE)


def test_a_sure_answer_goes_to_the_agent_alone(cara: Cara, told) -> None:
    hears(cara.call, "배송이 언제 와요")
    suggest.suggest(cara.call.pk)
    agent = cara.call.participants.get(role="agent")
    assert [(message["type"], message["to"]) for message in told] == [("answers-suggested", str(agent.pk))]
    assert len(told[0]["answers"]) == suggest.MOST


def test_small_talk_and_foreign_matters_get_no_suggestion(cara: Cara, told) -> None:
    for at, text in enumerate(("네 그렇군요", "오늘 날씨가 참 좋네요", "")):
        hears(cara.call, text, at=1000 * at)
        suggest.suggest(cara.call.pk)
    assert told == []


def test_only_masked_words_are_asked_with(cara: Cara, told, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    hears(cara.call, f"{HIDDEN} 배송이 언제 와요", HIDDEN)
    house = suggest.knowledge_of(cara.call)
    monkeypatch.setattr(type(house), "find", lambda _house, question, limit: asked.append(question) or [])
    suggest.suggest(cara.call.pk)
    assert len(asked) == 1
    assert HIDDEN not in asked[0]


def test_a_place_switches_them_off(cara: Cara, told) -> None:
    hears(cara.call, "배송이 언제 와요")
    AssistantPolicy.objects.create(place=cara.call.place, suggests=False)
    suggest.suggest(cara.call.pk)
    assert told == []


def test_nobody_is_told_without_an_agent_or_after_the_call(cara: Cara, told) -> None:
    hears(cara.call, "배송이 언제 와요")
    waiting = cara_calls()
    hears(waiting.call, "배송이 언제 와요")
    suggest.suggest(waiting.call.pk)
    end_call(cara.party)
    suggest.suggest(cara.call.pk)
    assert told == []


def test_a_long_call_costs_no_more_queries(cara: Cara, told, django_assert_num_queries) -> None:
    hears(cara.call, "배송이 언제 와요")
    suggest.suggest(cara.call.pk)  # the index is made
    with django_assert_num_queries(6) as few:
        suggest.suggest(cara.call.pk)
    for number in range(1, 30):
        hears(cara.call, "배송이 언제 와요", at=1000 * number)
    with django_assert_num_queries(len(few)):
        suggest.suggest(cara.call.pk)
    assert len(told) == 3


def test_the_customers_words_wake_it_and_the_agents_do_not(
    cara: Cara, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        tasks.suggest_answers, "apply_async", lambda arguments, **_options: woken.append(arguments)
    )
    receivers.suggest_to_agent(cara.call.pk, "agent")
    assert woken == []
    receivers.suggest_to_agent(cara.call.pk, "customer")
    assert woken == [(str(cara.call.pk),)]
    KnowledgeEntry.objects.update(is_active=False)
    receivers.suggest_to_agent(cara.call.pk, "customer")
    assert len(woken) == 1
