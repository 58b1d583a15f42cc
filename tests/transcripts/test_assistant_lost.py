"""A call at the assistant when its worker is down, hangs or dies: the customer gets to a person, none is answered too late."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from calls.access import customer_party
from calls.actions import assistants, sweeps
from calls.actions.calls import mark_connected
from calls.actions.offers import accept_offer
from calls.media.errors import UNAVAILABLE, MediaError
from calls.models import Call, Participant
from tests.cast import Cara, an_agent, cara_calls, on_duty, ringing_offer
from tests.transcripts.test_assisted_calls import (  # noqa: F401 - fixtures
    Studio,
    assisted,
    cara,
    delayed,
    lines,
    place,
    policy,
    stored,
    studio,
    tell_all,
)
from transcripts import receivers, tasks
from transcripts.actions.assist import presence, rescue, talk
from transcripts.models import AssistantTurn, AssistedCall, Utterance

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def never_seen() -> Iterator[None]:
    cache.delete(rescue.SEEN)
    yield
    cache.delete(rescue.SEEN)


def seen(ago: float) -> None:
    cache.set(rescue.SEEN, timezone.now() - timedelta(seconds=ago), None)


def asked(cara: Cara, ago: float) -> Utterance:  # noqa: F811
    long_ago = timezone.now() - timedelta(minutes=5)
    AssistantTurn.objects.filter(call=cara.call, user_text="").update(created_at=long_ago)  # the greeting
    said = stored(cara, "배송이 너무 늦어요")
    Utterance.objects.filter(pk=said.pk).update(created_at=timezone.now() - timedelta(seconds=ago))
    return said


def taken(call: Call, ago: float) -> None:
    AssistedCall.objects.filter(call=call).update(created_at=timezone.now() - timedelta(seconds=ago))


def wants_person(call: Call) -> bool:
    call.refresh_from_db()
    return call.person_wanted_at is not None


class TestDown:
    def test_a_call_rings_for_people_while_the_worker_is_known_to_be_down(self, place) -> None:  # noqa: F811
        policy("first")
        alice = on_duty(an_agent(queue=place.queue))
        seen(ago=9)
        call = cara_calls(place).call
        assert (call.status, ringing_offer(alice).call_id) == ("RINGING", call.pk)
        tasks.watch_assistant()  # it is back
        assert Call.objects.get(pk=cara_calls(place).call.pk).status == "CONNECTING"

    @pytest.mark.req("S2.12")
    def test_a_call_that_it_has_taken_goes_to_a_person_who_is_told_why(self, place, studio) -> None:  # noqa: F811
        policy("first")
        call = cara_calls(place).call
        alice = on_duty(an_agent(queue=place.queue))
        seen(ago=9)
        taken(call, ago=4)
        assert rescue.rescue() == []
        taken(call, ago=6)
        assert rescue.rescue() == [call.pk]
        assert rescue.rescue() == []
        offer = ringing_offer(alice)
        assert (offer.call_id, offer.call.handover["reason"]) == (call.pk, "lost")
        assert lines(call) == [
            "죄송합니다. 지금은 자동 응답이 되지 않아 상담원을 연결해 드리겠습니다. 끊지 말고 잠시만 기다려 주세요."
        ]
        accept_offer(alice, offer.pk)
        receivers.hand_call_over(call_id=call.pk)
        presence.enter(call.pk)  # its worker is back, and finds what waited for it
        assert len(lines(call)) == 1
        assert not Participant.objects.present().filter(call=call, role="assistant").exists()

    def test_a_person_is_asked_even_when_no_sound_can_tell_it(self, place, studio, monkeypatch) -> None:  # noqa: F811
        def gone(*_args: object) -> None:
            raise MediaError(UNAVAILABLE, "gone")

        policy("first")
        call = cara_calls(place).call
        taken(call, ago=16)
        monkeypatch.setattr(studio, "request", gone)
        assert rescue.rescue() == [call.pk]
        assert wants_person(call)

    def test_a_question_that_nobody_answers_goes_to_a_person(self, cara) -> None:  # noqa: F811
        seen(ago=9)
        asked(cara, ago=4)
        assert rescue.rescue() == []
        Utterance.objects.update(created_at=timezone.now() - timedelta(seconds=6))
        assert rescue.rescue() == [cara.call.pk]
        cara.call.refresh_from_db()
        assert cara.call.handover["intent"] == "배송이 너무 늦어요"

    def test_whoever_was_answered_is_left_alone(self, cara) -> None:  # noqa: F811
        seen(ago=9)
        asked(cara, ago=60)
        talk.heard(cara.call.pk)
        assert rescue.rescue() == []

    def test_one_that_hangs_over_an_answer_is_not_waited_for(self, cara) -> None:  # noqa: F811
        said = asked(cara, ago=14)
        one = assisted(cara.call)
        key = one.claim()
        assert key
        talk.mark_heard(one, said)
        rescue.tell_alive()
        assert rescue.rescue() == []
        Utterance.objects.filter(pk=said.pk).update(created_at=timezone.now() - timedelta(seconds=16))
        assert rescue.rescue() == [cara.call.pk]

    def test_who_tells_a_long_story_is_listened_to(self, cara) -> None:  # noqa: F811
        asked(cara, ago=30)
        stored(cara, "그리고")
        rescue.tell_alive()
        assert rescue.rescue() == []

    def test_the_key_for_a_person_needs_no_worker(self, cara, delayed) -> None:  # noqa: F811
        party = customer_party(cara.token)
        assert party is not None
        assistants.press_key(party, "person")
        assert wants_person(cara.call)
        assert delayed[-1] == ("press_key", (str(cara.call.pk), "person"))

    def test_who_waits_for_a_person_is_not_cut_off(self, place) -> None:  # noqa: F811
        policy("first")
        made = cara_calls(place)
        seen(ago=9)
        taken(made.call, ago=6)
        rescue.rescue()
        now = timezone.now()
        Call.objects.filter(pk=made.call.pk).update(answered_at=now - timedelta(minutes=3))
        Participant.objects.filter(call=made.call).update(lease_until=now + timedelta(minutes=1))
        sweeps.sweep()
        assert wants_person(made.call)
        assert made.call.status == "CONNECTING"
        alice = on_duty(an_agent(queue=place.queue))
        sweeps.sweep()
        accept_offer(alice, ringing_offer(alice).pk)
        sweeps.sweep()
        made.call.refresh_from_db()
        assert made.call.status == "CONNECTING"  # they have just begun to find each other
        Participant.objects.filter(call=made.call, role="agent").update(joined_at=now - timedelta(minutes=2))
        sweeps.sweep()
        made.call.refresh_from_db()
        assert (made.call.status, made.call.end_reason) == ("FAILED", "not_connected")

    def test_who_has_gone_while_waiting_is_not_waited_for(self, place) -> None:  # noqa: F811
        policy("first")
        made = cara_calls(place)
        taken(made.call, ago=16)
        rescue.rescue()
        Participant.objects.filter(call=made.call).update(lease_until=timezone.now() - timedelta(minutes=5))
        sweeps.sweep()
        made.call.refresh_from_db()
        assert (made.call.status, made.call.end_reason) == ("FAILED", "abandoned")


class TestDying:
    def test_the_next_worker_answers_what_a_dead_one_had_begun(self, cara) -> None:  # noqa: F811
        said = asked(cara, ago=1)
        one = assisted(cara.call)
        assert one.claim()
        talk.mark_heard(one, said)
        assert presence.watch() == []
        AssistedCall.objects.filter(pk=one.pk).update(busy_until=timezone.now() - timedelta(seconds=1))
        assert presence.watch() == [cara.call.pk]
        talk.heard(cara.call.pk)
        assert lines(cara.call)[-1] == "주문 번호를 알려 주세요."
        assert presence.watch() == []

    def test_a_lease_is_renewed_by_its_holder_only(self, cara) -> None:  # noqa: F811
        one = assisted(cara.call)
        key = one.claim()
        assert key
        assert one.renew(key)
        assert not one.renew(uuid.uuid4())
        one.release(key)
        assert not one.renew(key)

    def test_an_error_asks_for_a_person(self, cara, monkeypatch) -> None:  # noqa: F811
        def fails(*_args: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(talk, "reply", fails)
        stored(cara, "배송이 너무 늦어요")
        with pytest.raises(RuntimeError):
            talk.heard(cara.call.pk)
        assert wants_person(cara.call)
        assert assisted(cara.call).claim()

    def test_a_lost_entry_is_made_up_for(self, place, delayed) -> None:  # noqa: F811
        policy("first")
        made = cara_calls(place)
        assert presence.not_entered() == []
        taken(made.call, ago=5)
        assert presence.not_entered() == [made.call.pk]
        tasks.watch_assistant()
        assert delayed[-1] == ("enter_call", (str(made.call.pk),))
        presence.enter(made.call.pk)
        assert presence.not_entered() == []

    def test_what_was_said_into_the_greeting_is_answered(self, place) -> None:  # noqa: F811
        policy("first")
        made = cara_calls(place)
        party = customer_party(made.token)
        assert party is not None
        stored(made, "배송이 너무 늦어요")
        mark_connected(party, "relayed")
        presence.enter(made.call.pk)
        assert lines(made.call)[-1] == "주문 번호를 알려 주세요."
        tell_all(made.call)

    def test_who_has_left_is_not_brought_back_by_a_late_sentence(self, cara, studio, monkeypatch) -> None:  # noqa: F811
        presence.step_back(cara.call.pk)
        tried: list[str] = []

        def gone(_node: str, method: str, _data: object) -> None:
            tried.append(method)
            raise MediaError(UNAVAILABLE, "gone")

        monkeypatch.setattr(studio, "request", gone)
        presence.say_sentence(assisted(cara.call), "늦은 말")
        assert tried == ["say"]
