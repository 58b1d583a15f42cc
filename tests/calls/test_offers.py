from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.actions import offers, presence, sweeps
from calls.actions.errors import ActionError
from calls.models import AgentStatus, DeskSession, Offer
from calls.models.offer import OfferState
from calls.states import CallStatus
from tests.cast import a_place, a_queue, accepts, an_agent, cara_calls, on_duty, ringing_offer, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db, pytest.mark.req("S1.3")]


@pytest.fixture
def place():
    return a_place()


def idle_for(user, seconds: int) -> None:
    AgentStatus.objects.filter(agent=user).update(idle_since=timezone.now() - timedelta(seconds=seconds))


def run_out(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_call_is_offered_to_the_agent_who_has_been_idle_longest(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 10)
    idle_for(dan, 60)
    cara = cara_calls(place)
    assert ringing_offer(dan).call == cara.call


def test_a_call_is_offered_to_one_agent_at_a_time(place) -> None:
    on_duty(an_agent("alice"))
    on_duty(an_agent("dan"))
    cara = cara_calls(place)
    offers.assign_waiting()
    assert Offer.objects.pending().filter(call=cara.call).count() == 1


def test_a_rejected_call_goes_to_the_next_agent(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 60)
    cara_calls(place)
    offers.reject_offer(alice, ringing_offer(alice).pk)
    assert ringing_offer(dan).state == OfferState.PENDING


def test_a_call_that_rings_out_goes_to_the_next_agent(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 60)
    cara_calls(place)
    offer = ringing_offer(alice)
    run_out(offer)
    sweeps.sweep()
    offer.refresh_from_db()
    assert offer.state == OfferState.EXPIRED
    assert ringing_offer(dan)


def test_an_offer_is_not_expired_before_its_time(place) -> None:
    alice = on_duty(an_agent("alice"))
    cara_calls(place)
    offers.expire_offer(ringing_offer(alice).pk)
    assert ringing_offer(alice)


def test_a_lone_agent_who_rejects_is_asked_again_only_after_a_rest(place) -> None:
    alice = on_duty(an_agent("alice"))
    cara_calls(place)
    offer = ringing_offer(alice)
    offers.reject_offer(alice, offer.pk)
    assert not Offer.objects.pending().exists()
    Offer.objects.filter(pk=offer.pk).update(
        settled_at=timezone.now() - timedelta(seconds=offers.REST_SECONDS + 1)
    )
    sweeps.sweep()
    assert ringing_offer(alice)


def test_an_agent_whose_page_died_is_not_offered_anything(place) -> None:
    alice = on_duty(an_agent("alice"))
    DeskSession.objects.filter(user=alice).update(expires_at=timezone.now() - timedelta(seconds=1))
    cara_calls(place)
    assert not Offer.objects.exists()


def test_when_the_page_dies_while_ringing_the_next_agent_is_asked(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 60)
    cara_calls(place)
    presence.close_desk(DeskSession.objects.get(user=alice).pk)
    assert ringing_offer(dan)


def test_a_second_open_page_keeps_the_offer_ringing(place) -> None:
    alice = on_duty(an_agent("alice"))
    second = presence.open_desk(alice)
    cara_calls(place)
    presence.close_desk(second.pk)
    assert ringing_offer(alice)


def test_going_away_passes_the_ringing_call_on(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 60)
    cara_calls(place)
    presence.set_state(alice, "away")
    assert ringing_offer(dan)


def test_agents_of_other_queues_and_those_away_or_on_a_call_are_not_asked(place) -> None:
    on_duty(an_agent("otto", queue=a_queue("여권")))
    presence.set_state(on_duty(an_agent("ann")), "away")
    talking(an_agent("alice"), place)
    second = cara_calls(place)
    assert not Offer.objects.pending().filter(call=second.call).exists()


def test_becoming_available_brings_the_longest_waiting_call(place) -> None:
    first = cara_calls(place)
    cara_calls(place)
    alice = on_duty(an_agent("alice"))
    assert ringing_offer(alice).call == first.call


def test_accepting_connects_the_call_and_makes_the_agent_a_party(place) -> None:
    alice = on_duty(an_agent("alice"))
    cara = cara_calls(place)
    call = accepts(alice)
    assert call == cara.call
    assert call.state is CallStatus.CONNECTING
    assert call.participants.get(user=alice).name == "김서연"
    assert [(t.before, t.after) for t in call.transitions.all()] == [
        ("INITIATING", "RINGING"),
        ("RINGING", "CONNECTING"),
    ]


def test_of_two_who_accept_at_once_one_wins_and_the_other_is_told(place) -> None:
    alice, dan = on_duty(an_agent("alice")), on_duty(an_agent("dan"))
    idle_for(alice, 60)
    cara = cara_calls(place)
    late = ringing_offer(alice)
    # dan's offer from another process: alice's has just been given on, but her click is under way
    late.settle(OfferState.REJECTED)
    offers.assign_waiting()
    accepts(dan)
    with pytest.raises(ActionError) as refusal:
        offers.accept_offer(alice, late.pk)
    assert refusal.value.code == "offer_gone"
    assert cara.call.participants.filter(user=alice).count() == 0


def test_an_offer_that_has_run_out_cannot_be_accepted(place) -> None:
    alice = on_duty(an_agent("alice"))
    cara_calls(place)
    offer = ringing_offer(alice)
    run_out(offer)
    with pytest.raises(ActionError) as refusal:
        offers.accept_offer(alice, offer.pk)
    assert refusal.value.code == "offer_gone"


def test_another_agents_offer_is_not_found(place) -> None:
    alice, mallory = on_duty(an_agent("alice")), an_agent("mallory")
    cara_calls(place)
    for verb in (offers.accept_offer, offers.reject_offer):
        with pytest.raises(ActionError) as refusal:
            verb(mallory, ringing_offer(alice).pk)
        assert refusal.value.code == "not_found"


def test_assigning_takes_the_same_number_of_queries_however_many_wait(
    place, django_assert_max_num_queries
) -> None:
    for _ in range(3):
        cara_calls(place)
    with django_assert_max_num_queries(3):
        offers.assign_waiting()
    for _ in range(12):
        cara_calls(place)
    with django_assert_max_num_queries(3):
        offers.assign_waiting()
