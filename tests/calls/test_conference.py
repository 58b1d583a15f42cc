"""An agent invites a colleague into a customer's call: three in it, and either agent may leave it to the other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.access import staff_party
from calls.actions import invitations, listening, offers, presence, sweeps
from calls.actions.calls import end_call, leave_call, return_to_call, state_payload
from calls.actions.errors import ActionError
from calls.actions.snapshots import snapshot
from calls.models import Call, Listening, Offer, Participant
from calls.states import CallStatus
from tests.cast import (
    a_queue,
    a_supervisor,
    a_team,
    an_agent,
    cara_calls,
    on_duty,
    ringing_offer,
    talking,
)

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def alice():
    return an_agent("alice")


@pytest.fixture
def cara(alice):
    return talking(alice)


@pytest.fixture
def dan(cara):
    return on_duty(an_agent("dan", name="이하늘"))


def party(user, call):
    found = staff_party(user, call.pk)
    assert found is not None
    return found


def together(alice, dan, cara) -> Call:
    """alice has invited dan, and he has come."""
    offer = invitations.invite(party(alice, cara.call), dan.pk, "여권 재발급")
    offers.accept_offer(dan, offer.pk)
    return Call.objects.get(pk=cara.call.pk)


def away(user, call) -> None:
    """Their page has been silent for long."""
    Participant.objects.filter(user=user, call=call).update(lease_until=timezone.now() - timedelta(hours=1))


@pytest.mark.req("S4.1")
def test_the_colleagues_desk_rings_with_who_asks_and_why(alice, dan, cara):
    offer = invitations.invite(party(alice, cara.call), dan.pk, "여권 재발급")
    told = offers.offer_payload(ringing_offer(dan))
    assert told["invitation"] == {"by": "김서연", "reason": "여권 재발급"}
    assert told["callId"] == str(cara.call.pk)
    assert snapshot(cara.call, for_staff=True)["invitation"] == {"offerId": str(offer.pk), "name": "이하늘"}
    assert "invitation" not in snapshot(cara.call, for_staff=False)
    assert presence.desk_snapshot(dan)["offer"]["offerId"] == str(offer.pk)


def test_what_is_hidden_of_words_is_hidden_of_the_reason(alice, dan, cara):
    invitations.invite(party(alice, cara.call), dan.pk, "번호는 010-9876-5432")
    assert "9876" not in Offer.objects.get(agent=dan).reason


def test_who_accepts_is_a_third_in_the_call_and_the_sound_goes_through_the_server(alice, dan, cara):
    call = together(alice, dan, cara)
    assert call.state is CallStatus.IN_PROGRESS
    assert call.media_path == "relayed"
    there = call.participants.present()
    assert sorted(there.values_list("role", flat=True)) == ["agent", "agent", "customer"]
    assert state_payload(call)["agent"]["name"] == "김서연"
    assert snapshot(call, for_staff=True)["invitation"] is None


def test_the_first_agent_leaves_and_the_colleague_has_the_call(alice, dan, cara):
    call = together(alice, dan, cara)
    leave_call(party(alice, call))
    call.refresh_from_db()
    assert state_payload(call)["agent"]["name"] == "이하늘"
    away(alice, call)
    sweeps.sweep()
    call.refresh_from_db()
    assert call.state is CallStatus.IN_PROGRESS
    end_call(party(dan, call))
    call.refresh_from_db()
    assert state_payload(call)["agent"]["name"] == "이하늘"
    assert sorted(p.name for p in call.participants.filter(role="agent")) == ["김서연", "이하늘"]


def test_the_colleague_leaves_and_the_first_agent_goes_on_and_he_may_come_back(alice, dan, cara):
    call = together(alice, dan, cara)
    his = party(dan, call)
    leave_call(his)
    away(dan, call)
    sweeps.sweep()
    call.refresh_from_db()
    assert (call.state, state_payload(call)["agent"]["name"]) == (CallStatus.IN_PROGRESS, "김서연")
    assert return_to_call(his)
    assert call.participants.present().filter(role="agent").count() == 2


def test_without_any_agent_the_call_ends_after_the_grace_period(alice, dan, cara):
    call = together(alice, dan, cara)
    for user in (alice, dan):
        leave_call(party(user, call))
        away(user, call)
    sweeps.sweep()
    call.refresh_from_db()
    assert call.state is CallStatus.ENDED


def test_who_has_left_is_free_for_the_next_call(alice, dan, cara):
    call = together(alice, dan, cara)
    waiting = cara_calls(call.place)
    leave_call(party(alice, call))
    assert ringing_offer(alice).call == waiting.call


@pytest.mark.parametrize("busy", ["away", "in a call", "of another team", "gone"])
def test_only_a_free_colleague_of_a_shared_team_is_asked(busy, alice, dan, cara):
    if busy == "away":
        presence.set_state(dan, "away")
    if busy == "in a call":
        cara_calls(cara.call.place)
        offers.accept_offer(dan, ringing_offer(dan).pk)
    if busy == "of another team":
        dan.teams.set([a_team("다른 팀")])
    if busy == "gone":
        dan.desk_sessions.all().delete()
    with pytest.raises(ActionError) as refused:
        invitations.invite(party(alice, cara.call), dan.pk, "")
    assert refused.value.code == "not_found"


def test_only_an_agent_who_is_in_the_call_asks(alice, dan, cara):
    for who in (cara.party,):
        with pytest.raises(ActionError) as refused:
            invitations.invite(who, dan.pk, "")
        assert refused.value.code == "forbidden"
    hers = party(alice, cara.call)
    leave_call(hers)
    with pytest.raises(ActionError) as refused:
        invitations.invite(party(alice, cara.call), dan.pk, "")
    assert refused.value.code == "forbidden"


def test_one_is_asked_at_a_time_and_not_once_the_call_is_over(alice, dan, cara):
    erin = on_duty(an_agent("erin"))
    invitations.invite(party(alice, cara.call), dan.pk, "")
    with pytest.raises(ActionError) as refused:
        invitations.invite(party(alice, cara.call), erin.pk, "")
    assert refused.value.code == "wrong_state"
    hers = party(alice, cara.call)
    end_call(cara.party)
    assert Offer.objects.get(agent=dan).state == "withdrawn"
    with pytest.raises(ActionError) as refused:
        invitations.invite(hers, erin.pk, "")
    assert refused.value.code == "wrong_state"


def test_an_invitation_that_is_taken_back_rings_no_more_and_asks_nobody_else(alice, dan, cara):
    erin = on_duty(an_agent("erin"))
    offer = invitations.invite(party(alice, cara.call), dan.pk, "")
    invitations.withdraw(party(alice, cara.call), offer.pk)
    with pytest.raises(ActionError) as refused:
        offers.accept_offer(dan, offer.pk)
    assert refused.value.code == "offer_gone"
    assert not Offer.objects.pending().exists()
    again = invitations.invite(party(alice, cara.call), dan.pk, "")
    offers.reject_offer(dan, again.pk)
    assert not erin.offers.exists()


def test_an_invitation_of_another_call_is_not_ones_to_take_back(alice, dan, cara):
    offer = invitations.invite(party(alice, cara.call), dan.pk, "")
    erin = an_agent("erin", queue=a_queue("다른 대기열", a_team()))
    on_duty(erin)
    from tests.cast import a_place

    other = talking(erin, a_place(a_queue("다른 대기열"), is_default=False))
    with pytest.raises(ActionError) as refused:
        invitations.withdraw(party(erin, other.call), offer.pk)
    assert refused.value.code == "not_found"


def test_a_supervisor_who_listens_and_is_asked_listens_no_more(alice, cara):
    bob = a_supervisor()
    listening.listen(bob, cara.call.pk)
    listener = cara.call.participants.get(user=bob)
    listening.stop(listener)
    on_duty(bob)
    offer = invitations.invite(party(alice, cara.call), bob.pk, "")
    listening.listen(bob, cara.call.pk)
    offers.accept_offer(bob, offer.pk)
    assert cara.call.participants.get(user=bob).role == "agent"
    assert not Listening.objects.running().exists()
