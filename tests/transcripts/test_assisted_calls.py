"""The assistant in a call, without sound: when it answers, what it says, when it gives the word and the call away."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from time import sleep
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.access import customer_party
from calls.actions import assistant_media, assistants
from calls.actions.calls import end_call, mark_connected
from calls.actions.errors import ActionError
from calls.actions.offers import accept_offer
from calls.models import Call, Offer, Participant
from tests.cast import Cara, a_place, an_agent, cara_calls, on_duty, ringing_offer
from tests.transcripts.chat_endpoint import fails, says
from tests.transcripts.test_conversation import endpoint  # noqa: F401 - a fixture
from transcripts import receivers, tasks
from transcripts.actions import converse
from transcripts.actions.assist import presence, speech, talk
from transcripts.models import (
    AssistantPolicy,
    AssistantTurn,
    AssistedCall,
    KnowledgeEntry,
    SpokenLine,
    Utterance,
)

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

ANSWER = "배송은 보통 이틀 걸립니다. 주문 번호를 알려 주세요."


@dataclass
class Studio:
    """In the place of the media server: takes what is said, and tells what the test wants to have been heard of it."""

    said: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    accepts: bool = True

    def request(self, _node: str, method: str, data: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(method)
        if method == "say":
            self.said.append(data)
            return {"accepted": self.accepts, "held": False, "queuedMs": 0}
        return {"stopped": []}

    def is_alive(self, _node: str) -> bool:
        return True

    def pick_node(self) -> str:
        return "node-1"


@pytest.fixture(autouse=True)
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    made = Studio()
    monkeypatch.setattr(assistant_media, "_asker", lambda: made)
    monkeypatch.setattr(speech, "_packets", lambda text, voice: [b"\xf8\xff\xfe"] * len(text))
    # A thread that renews the lease would wait for this test's transaction.
    monkeypatch.setattr(talk, "RENEW_SECONDS", 600)
    converse._model.cache_clear()
    return made


@pytest.fixture(autouse=True)
def delayed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What was handed to the assistant's worker."""
    given: list[tuple[str, tuple[Any, ...]]] = []
    for name in ("enter_call", "answer_call", "leave_call", "press_key"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "delay", lambda *args, name=name: given.append((name, args)))
    return given


@pytest.fixture
def place():
    KnowledgeEntry.objects.create(questions="배송이 늦어요\n택배가 언제 오나요", answer=ANSWER)
    return a_place()


def policy(mode: str, **fields: Any) -> AssistantPolicy:
    return AssistantPolicy.objects.create(mode=mode, **fields)


@pytest.fixture
def cara(place, delayed) -> Cara:
    """In a call that the assistant has taken and greeted in."""
    policy("first")
    made = cara_calls(place)
    presence.enter(made.call.pk)
    party = customer_party(made.token)
    assert party is not None
    mark_connected(party, "relayed")
    made.call.refresh_from_db()
    tell_all(made.call)
    return made


def assisted(call: Call) -> AssistedCall:
    return AssistedCall.objects.select_related("call__place", "participant").get(call=call)


def tell_all(call: Call) -> None:
    """Every sentence was said to its end."""
    for line in SpokenLine.objects.filter(call=call, outcome="pending"):
        tell(line, "whole", line.ms)


def tell(line: SpokenLine, outcome: str, heard_ms: int, *, last: bool = True) -> None:
    told = {
        "sayId": str(line.pk),
        "turn": str(line.turn_id),
        "outcome": outcome,
        "startedMs": 1_000,
        "heardMs": heard_ms,
    }
    assistant = Participant.objects.get(call=line.call_id, role="assistant")
    presence.voice_told(assistant.pk, {"type": "said", "last": last, **told})


def stored(cara: Cara, text: str, **fields: Any) -> Utterance:
    """What the recogniser heard of her."""
    person = Participant.objects.get(call=cara.call, role="customer")
    by = {"engine": "test", "engine_model": "test", "confidence": 0.9}
    at = {"source": "live", "position": 0, "start_ms": 0, "end_ms": 500}
    texts = {"text": text, "masked_text": text, "language": "ko"}
    return Utterance.objects.create(call=cara.call, participant=person, **by, **at, **texts, **fields)


def customer_says(cara: Cara, text: str, **fields: Any) -> None:
    stored(cara, text, **fields)
    assert talk.heard(cara.call.pk) == 0.0


def lines(call: Call) -> list[str]:
    return list(SpokenLine.objects.filter(call=call).order_by("pk").values_list("text", flat=True))


class TestAnswering:
    @pytest.mark.req("S2.12")
    def test_it_answers_first_and_no_desk_is_rung(self, place, delayed) -> None:
        policy("first")
        alice = on_duty(an_agent(queue=place.queue))
        call = Call.objects.get(pk=cara_calls(place).call.pk)
        assert (call.status, call.media_path) == ("CONNECTING", "relayed")
        assert [one.role for one in call.participants.all()] == ["customer", "assistant"]
        assert not Offer.objects.filter(agent=alice).exists()
        assert delayed == [("enter_call", (str(call.pk),))]

    def test_without_rules_a_person_is_asked(self, place) -> None:
        alice = on_duty(an_agent(queue=place.queue))
        call = cara_calls(place).call
        assert (call.status, ringing_offer(alice).call_id) == ("RINGING", call.pk)

    def test_overflow_after_a_while(self, place) -> None:
        policy("overflow", overflow_seconds=30)
        call = cara_calls(place).call
        assert presence.consider_waiting() == []
        Call.objects.filter(pk=call.pk).update(created_at=timezone.now() - timedelta(seconds=31))
        assert [one.pk for one in presence.consider_waiting()] == [call.pk]
        assert presence.consider_waiting() == []

    @pytest.mark.parametrize(("weekdays", "takes"), [("", True), ("1234567", False)])
    def test_out_of_hours(self, place, weekdays, takes) -> None:
        policy("out_of_hours", opens_at=time.min, closes_at=time.max, weekdays=weekdays)
        on_duty(an_agent(queue=place.queue))
        assert AssistedCall.objects.filter(call=cara_calls(place).call).exists() is takes

    def test_an_offer_that_rings_is_taken_back_when_it_answers(self, place) -> None:
        policy("overflow", overflow_seconds=0)
        alice = on_duty(an_agent(queue=place.queue))
        call = Call.objects.get(pk=cara_calls(place).call.pk)
        if call.status == "RINGING":
            assert presence.consider(call)
        assert not Offer.objects.pending().filter(agent=alice).exists()

    @pytest.mark.req("S2.12")
    def test_it_says_that_it_is_automatic(self, cara) -> None:
        assert "자동 응답" in lines(cara.call)[0]
        presence.enter(cara.call.pk)
        assert len(lines(cara.call)) == 1  # once

    def test_without_ears_it_says_so_and_calls_a_person(self, place, monkeypatch) -> None:
        from transcripts.speech import Availability

        policy("first")
        monkeypatch.setattr(presence, "availability", lambda call: Availability(False, "no_model"))
        call = cara_calls(place).call
        presence.enter(call.pk)
        call.refresh_from_db()
        assert call.handover["reason"] == "deaf"
        assert call.person_wanted_at


class TestTalking:
    @pytest.mark.req("S2.12", "S2.7")
    def test_it_answers_sentence_by_sentence(self, cara, studio) -> None:
        customer_says(cara, "배송이 너무 늦어요")
        assert lines(cara.call)[1:] == ["배송은 보통 이틀 걸립니다.", "주문 번호를 알려 주세요."]
        assert len({said["turn"] for said in studio.said[1:]}) == 1
        turn = AssistantTurn.objects.filter(call=cara.call).last()
        assert (turn.user_text, turn.reply, turn.model) == ("배송이 너무 늦어요", ANSWER, "embedded")

    def test_an_answer_costs_as_many_queries_in_the_tenth_turn_as_in_the_second(self, cara) -> None:
        counts = []
        for _turn in range(10):
            stored(cara, "배송이 너무 늦어요")
            with CaptureQueriesContext(connection) as asked:
                talk.heard(cara.call.pk)
            tell_all(cara.call)
            counts.append(len(asked))
        assert len(set(counts[1:])) == 1
        assert counts[-1] <= 32

    def test_only_what_was_heard_stays(self, cara) -> None:
        customer_says(cara, "배송이 너무 늦어요")
        first, second = SpokenLine.objects.filter(call=cara.call).order_by("pk")[1:]
        tell(first, "stopped", first.ms // 2)
        tell(second, "stopped", 0)
        turn = AssistantTurn.objects.filter(call=cara.call).last()
        assert turn.reply == "배송은 보통"
        assert [one.text for one in converse.history(cara.call, 5)][-1] == "배송은 보통"

    def test_who_cut_in_is_not_told_the_rest(self, cara, studio) -> None:
        studio.accepts = False
        customer_says(cara, "배송이 너무 늦어요")
        assert lines(cara.call)[1:] == ["배송은 보통 이틀 걸립니다."]

    def test_a_back_channel_lets_it_go_on(self, cara, studio) -> None:
        customer_says(cara, "배송이 너무 늦어요")
        before = len(lines(cara.call))
        customer_says(cara, "네네")
        assert studio.asked[-1] == "let-voice"
        assert len(lines(cara.call)) == before
        tell_all(cara.call)

    def test_who_has_not_finished_is_waited_for_and_answered_once(self, cara) -> None:
        stored(cara, "제가 주문을 했는데")
        assert talk.heard(cara.call.pk) > 0.5
        customer_says(cara, "배송이 너무 늦어요")
        assert (
            AssistantTurn.objects.filter(call=cara.call).last().user_text
            == "제가 주문을 했는데 배송이 너무 늦어요"
        )

    def test_a_dead_workers_call_is_answered_by_the_next(self, cara) -> None:
        one = assisted(cara.call)
        assert one.claim()
        assert one.claim() is None
        AssistedCall.objects.filter(pk=one.pk).update(busy_until=timezone.now() - timedelta(seconds=1))
        said = stored(cara, "배송이 늦어요")
        Utterance.objects.filter(pk=said.pk).update(created_at=timezone.now() - timedelta(seconds=9))
        assert presence.watch() == [cara.call.pk]
        talk.heard(cara.call.pk)
        assert lines(cara.call)[-1] == "주문 번호를 알려 주세요."
        assert presence.watch() == []

    def test_silence_is_asked_into_twice_and_then_ended(self, cara) -> None:
        long_ago = timezone.now() - timedelta(seconds=30)
        for _ in range(3):
            AssistedCall.objects.filter(call=cara.call).update(quiet_since=long_ago)
            presence.watch()
            presence.watch()
            tell_all(cara.call)
        assert [text[:5] for text in lines(cara.call)[1:]] == ["듣고 계신", "듣고 계신", "말씀이 없"]
        cara.call.refresh_from_db()
        assert cara.call.status == "ENDED"

    def test_good_bye_ends_the_call_once_it_was_said(self, cara) -> None:
        customer_says(cara, "안녕히 계세요")
        cara.call.refresh_from_db()
        assert cara.call.is_active
        tell_all(cara.call)
        cara.call.refresh_from_db()
        assert cara.call.status == "ENDED"


class TestModel:
    def test_a_slow_model_is_spoken_for(self, cara, endpoint, monkeypatch) -> None:  # noqa: F811
        monkeypatch.setattr(talk, "FILLER_SECONDS", 0.05)

        def reply(handler):
            sleep(0.5)
            says("목요일에 ", "도착합니다.")(handler)

        with endpoint(reply):
            customer_says(cara, "배송이 너무 늦어요")
        assert lines(cara.call)[1:] == ["잠시만요, 확인해 보겠습니다.", "목요일에 도착합니다."]
        turn = AssistantTurn.objects.filter(call=cara.call).last()
        assert (turn.prompt_tokens, turn.completion_tokens) == (50, 9)

    def test_a_model_that_is_down_is_replaced_by_the_house(self, cara, endpoint) -> None:  # noqa: F811
        with endpoint(fails(500), fails(500)):
            customer_says(cara, "배송이 너무 늦어요")
        assert lines(cara.call)[1:] == ["배송은 보통 이틀 걸립니다.", "주문 번호를 알려 주세요."]

    def test_what_a_model_says_is_masked(self, cara, endpoint) -> None:  # noqa: F811
        with endpoint(says("전화는 010-1234-5678 입니다.")):
            customer_says(cara, "전화번호가 뭐예요")
        assert "1234" not in " ".join(lines(cara.call))


class TestHandingOver:
    @pytest.mark.req("S2.12")
    def test_a_person_is_called_with_what_was_said(self, cara, place, delayed) -> None:
        alice = on_duty(an_agent(queue=place.queue))
        customer_says(cara, "배송이 너무 늦어요", tone=-0.5)
        customer_says(cara, "상담원 연결해 주세요")
        offer = ringing_offer(alice)
        assert offer.call.handover["intent"] == "배송이 너무 늦어요"
        assert (offer.call.handover["reason"], offer.call.handover["tone"]) == ("asked", -0.5)
        assert "상담원을 연결해 드리겠습니다" in lines(cara.call)[-1]
        call = accept_offer(alice, offer.pk)
        assert (call.status, call.person_wanted_at) == ("IN_PROGRESS", None)

    def test_one_agent_gets_it_and_the_assistant_leaves(self, cara, place, studio, delayed) -> None:
        alice = on_duty(an_agent("alice", queue=place.queue))
        customer_says(cara, "상담원 연결해 주세요")
        offer = ringing_offer(alice)
        assert assistants.person_comes(Call.objects.get(pk=cara.call.pk))
        with pytest.raises(ActionError) as gone:
            accept_offer(alice, offer.pk)
        assert gone.value.code == "offer_gone"
        receivers.hand_call_over(call_id=cara.call.pk)
        assert delayed[-1] == ("leave_call", (str(cara.call.pk),))
        presence.leave(cara.call.pk)
        presence.leave(cara.call.pk)
        assert studio.asked[-1] == "leave"
        assert not Participant.objects.present().filter(call=cara.call, role="assistant").exists()
        assert talk.heard(cara.call.pk) == 0.0

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (["한라산 높이가 몇 미터예요", "네 부탁드려요"], "asked"),
            (["한라산 높이가 몇 미터예요", "명왕성은 행성이에요"], "unknown"),
        ],
        ids=["agreed", "unknown-twice"],
    )
    def test_who_cannot_be_helped_is_given_to_a_person(self, cara, words, reason) -> None:
        for text in words:
            customer_says(cara, text)
            tell_all(cara.call)
        cara.call.refresh_from_db()
        assert cara.call.handover["reason"] == reason

    def test_abuse_is_answered_calmly_once_and_then_handed_over(self, cara) -> None:
        insult = [{"start": 0, "end": 3, "kind": "profanity", "severity": 3}]
        customer_says(cara, "●●● 배송이 늦어", masks=insult)
        cara.call.refresh_from_db()
        assert cara.call.person_wanted_at is None
        assert "욕설은 가려집니다" in lines(cara.call)[-1]
        customer_says(cara, "●●●", masks=insult)
        cara.call.refresh_from_db()
        assert cara.call.handover["reason"] == "abuse"

    def test_keys_do_what_words_do(self, cara, delayed) -> None:
        party = customer_party(cara.token)
        assert party is not None
        assistants.press_key(party, "person")
        assert delayed[-1] == ("press_key", (str(cara.call.pk), "person"))
        talk.press(cara.call.pk, "repeat")
        assert lines(cara.call)[-1] == lines(cara.call)[0]
        talk.press(cara.call.pk, "person")
        cara.call.refresh_from_db()
        assert cara.call.handover["reason"] == "asked"
        presence.leave(cara.call.pk)
        with pytest.raises(ActionError):
            assistants.press_key(party, "person")

    def test_a_call_that_is_over_lets_the_assistant_go(self, cara, studio) -> None:
        party = customer_party(cara.token)
        assert party is not None
        end_call(party)
        presence.watch()
        assert assisted(cara.call).left_at
        assert studio.asked[-1] == "leave"
