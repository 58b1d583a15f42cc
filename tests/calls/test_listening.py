"""A supervisor listens into a running call, is seen doing so, and takes it over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from calls.access import may_hear, staff_party, still_parties
from calls.actions import assistants, listening, offers, staff, sweeps, takeover
from calls.actions.calls import end_call, leave_call, mark_connected, return_to_call, state_payload
from calls.actions.errors import ActionError
from calls.actions.snapshots import joined_payload, missed_events
from calls.models import Call, CallEvent, Listening, Offer, Participant, Queue
from calls.models.offer import OfferState
from calls.states import CallStatus
from dashboard.reports import board
from tests.cast import (
    a_place,
    a_queue,
    a_supervisor,
    a_team,
    accepts,
    an_agent,
    cara_calls,
    on_duty,
    talking,
)

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def alice():
    return an_agent("alice")


@pytest.fixture
def bob():
    return a_supervisor()


@pytest.fixture
def cara(alice):
    return talking(alice)


def agent_of(call: Call) -> Participant:
    return call.participants.present().get(role="agent")


def assisted():
    a_place()
    cara = cara_calls()
    cara.call.refresh_from_db()
    assistants.take_call(cara.call, "AI")
    return cara


def listeners_told(call: Call, role: str) -> list[str]:
    events = [event for event in missed_events(call, 0, role) if event["type"] == "listening"]
    return [one["name"] for one in events[-1]["listeners"]]


@pytest.mark.req("S1.9")
def test_a_supervisor_listens_and_it_is_written_down(alice, bob, cara):
    participant = listening.listen(bob, cara.call.pk)
    assert participant.role == "supervisor"
    row = Listening.objects.get()
    assert (row.user, row.call, row.ended_at, row.took_over) == (bob, cara.call, None, False)
    listening.stop(participant)
    row.refresh_from_db()
    assert row.ended_at is not None
    listening.listen(bob, cara.call.pk)
    assert Listening.objects.count() == 2


def test_to_listen_twice_is_one_listening(bob, cara):
    listening.listen(bob, cara.call.pk)
    listening.listen(bob, cara.call.pk)
    assert Listening.objects.running().count() == 1
    assert CallEvent.objects.filter(type="listening").count() == 1


@pytest.mark.parametrize("who", ["an agent", "a supervisor of another team"])
def test_who_does_not_supervise_the_call_hears_nothing_of_it(who, cara):
    other = a_queue("다른 대기열", a_team("다른 팀"))
    user = an_agent("mallory") if who == "an agent" else a_supervisor("mallory", queue=other)
    for deed in (
        lambda: listening.listen(user, cara.call.pk),
        lambda: takeover.take_over(user, cara.call.pk, agent_of(cara.call).pk),
    ):
        with pytest.raises(ActionError) as refused:
            deed()
        assert refused.value.code == "not_found"
    assert not Participant.objects.filter(user=user).exists()


def test_nobody_listens_to_a_call_that_waits_or_is_over(alice, bob):
    waiting = cara_calls(a_place())
    with pytest.raises(ActionError):
        listening.listen(bob, waiting.call.pk)
    end_call(waiting.party)
    with pytest.raises(ActionError):
        listening.listen(bob, waiting.call.pk)


def test_a_listener_whose_team_is_taken_away_hears_no_more(bob, cara):
    participant = listening.listen(bob, cara.call.pk)
    assert still_parties([participant.pk])
    assert may_hear([participant.pk])
    bob.teams.clear()
    assert not still_parties([participant.pk])
    assert not may_hear([participant.pk])
    assert staff_party(bob, cara.call.pk, listening=True) is None


def test_a_supervisor_who_becomes_an_agent_hears_no_more(bob, cara):
    participant = listening.listen(bob, cara.call.pk)
    bob.role = Role.AGENT
    bob.save()
    assert not still_parties([participant.pk])


def test_a_listener_is_no_party_where_parties_act(bob, cara):
    listening.listen(bob, cara.call.pk)
    assert staff_party(bob, cara.call.pk) is None


@pytest.mark.parametrize(
    ("told", "agent", "customer"),
    [("agent", ["박도현"], []), ("both", ["박도현"], ["박도현"]), ("nobody", [], [])],
)
def test_the_queue_says_who_sees_that_somebody_listens(told, agent, customer, alice, bob, cara):
    Queue.objects.update(listening_told=told)
    listening.listen(bob, cara.call.pk)
    assert listeners_told(cara.call, "agent") == agent
    assert listeners_told(cara.call, "customer") == customer
    seen = joined_payload(cara.party, 0)["participants"]
    assert [one["name"] for one in seen if one["role"] == "supervisor"] == customer
    hers = staff_party(alice, cara.call.pk)
    seen = joined_payload(hers, 0)["participants"]
    assert [one["name"] for one in seen if one["role"] == "supervisor"] == agent


def test_events_keep_their_numbers_for_everybody(bob, cara):
    listening.listen(bob, cara.call.pk)
    for role in ("customer", "agent", "supervisor"):
        numbers = [event["seq"] for event in missed_events(cara.call, 0, role)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_listener_whose_page_died_is_out(bob, cara):
    participant = listening.listen(bob, cara.call.pk)
    Participant.objects.filter(pk=participant.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    sweeps.sweep()
    participant.refresh_from_db()
    assert participant.left_at is not None
    assert not Listening.objects.running().exists()
    assert listeners_told(cara.call, "agent") == []
    assert Call.objects.get(pk=cara.call.pk).state is CallStatus.IN_PROGRESS


def test_a_listener_leaves_and_comes_back_without_a_word_to_the_call(bob, cara):
    listening.listen(bob, cara.call.pk)
    party = staff_party(bob, cara.call.pk, listening=True)
    leave_call(party)
    assert not Listening.objects.running().exists()
    return_to_call(party)
    assert Listening.objects.running().count() == 1
    told = CallEvent.objects.filter(type__in=("peer-joined", "peer-left"), payload__role="supervisor")
    assert not told.exists()


def test_the_end_of_the_call_ends_the_listening(bob, cara):
    listening.listen(bob, cara.call.pk)
    end_call(cara.party)
    assert not Listening.objects.running().exists()


def test_a_listening_supervisor_is_offered_no_call_and_is_on_no_call_of_the_desk(bob, cara):
    from calls.actions.presence import current_call_id

    listening.listen(bob, cara.call.pk)
    assert current_call_id(bob) is None


def test_a_call_of_an_agent_moves_to_the_supervisor(alice, bob, cara):
    hers = agent_of(cara.call)
    listening.listen(bob, cara.call.pk)
    takeover.take_over(bob, cara.call.pk, hers.pk)
    call = Call.objects.get(pk=cara.call.pk)
    assert call.state is CallStatus.IN_PROGRESS
    assert state_payload(call)["agent"]["name"] == "박도현"
    assert call.media_path == "relayed"
    hers.refresh_from_db()
    assert hers.left_at is not None
    assert not may_hear([hers.pk])
    assert Listening.objects.get().took_over
    assert listeners_told(call, "agent") == []
    assert [p.name for p in call.participants.filter(role="agent")] == ["김서연", "박도현"]
    end_call(cara.party)
    call.refresh_from_db()
    assert state_payload(call)["agent"]["name"] == "박도현"


def test_the_agent_is_free_for_the_next_call(alice, bob, cara):
    takeover.take_over(bob, cara.call.pk, agent_of(cara.call).pk)
    cara_calls()
    accepts(alice)
    assert Call.objects.filter(participants__user=alice, participants__left_at=None).exists()


def test_a_call_that_was_taken_over_outlives_the_agent_who_had_it(alice, bob, cara):
    hers = agent_of(cara.call)
    takeover.take_over(bob, cara.call.pk, hers.pk)
    Participant.objects.filter(pk=hers.pk).update(lease_until=timezone.now() - timedelta(hours=1))
    sweeps.sweep()
    assert Call.objects.get(pk=cara.call.pk).state is CallStatus.IN_PROGRESS
    Participant.objects.filter(user=bob).update(lease_until=timezone.now() - timedelta(hours=1))
    sweeps.sweep()
    assert Call.objects.get(pk=cara.call.pk).state is CallStatus.ENDED


def test_a_call_of_the_assistant_moves_to_the_supervisor(bob, django_capture_on_commit_callbacks):
    cara = assisted()
    holder = cara.call.participants.get(role="assistant")
    with django_capture_on_commit_callbacks(execute=True):
        takeover.take_over(bob, cara.call.pk, holder.pk)
    call = Call.objects.get(pk=cara.call.pk)
    assert state_payload(call)["agent"] == {"name": "박도현", "department": ""}
    assert Listening.objects.get().took_over


def test_an_offer_that_rings_for_a_call_that_is_taken_over_is_withdrawn(alice, bob):
    cara = assisted()
    handover = {"reason": "asked", "intent": "", "summary": [], "fields": {}, "tone": None}
    on_duty(alice)
    assistants.want_person(cara.call, handover)
    offer = alice.offers.get()
    takeover.take_over(bob, cara.call.pk, cara.call.participants.get(role="assistant").pk)
    with pytest.raises(ActionError) as refused:
        offers.accept_offer(alice, offer.pk)
    assert refused.value.code == "offer_gone"
    assert not Call.objects.waiting().exists()


def test_a_call_that_connects_while_a_person_accepts_it_is_told_as_connected(alice, monkeypatch):
    cara = assisted()
    on_duty(alice)
    assistants.want_person(
        cara.call, {"reason": "lost", "intent": "", "summary": [], "fields": {}, "tone": None}
    )
    settle = Offer.settle

    def connects_first(offer: Offer, state: OfferState) -> bool:
        mark_connected(cara.party, "relayed")
        return settle(offer, state)

    monkeypatch.setattr(Offer, "settle", connects_first)
    offers.accept_offer(alice, alice.offers.get().pk)
    told = CallEvent.objects.filter(call=cara.call, type="call-state").order_by("seq")
    assert told.last().payload["status"] == CallStatus.IN_PROGRESS


def test_an_assistant_that_is_leaving_asks_for_nobody_any_more(alice, bob):
    cara = assisted()
    takeover.take_over(bob, cara.call.pk, cara.call.participants.get(role="assistant").pk)
    handover = {"reason": "asked", "intent": "", "summary": [], "fields": {}, "tone": None}
    assert not assistants.want_person(cara.call, handover)
    assert not Call.objects.waiting().exists()


def test_a_supervisor_who_leaves_the_house_is_named_no_more_and_the_agent_still_is(alice, bob, cara):
    listening.listen(bob, cara.call.pk)
    takeover.take_over(bob, cara.call.pk, agent_of(cara.call).pk)
    end_call(cara.party)
    bob.withdraw()
    staff.forget(bob)
    told = str(list(CallEvent.objects.filter(call=cara.call).values_list("payload", flat=True)))
    assert "박도현" not in told
    assert "김서연" in told


def test_who_saw_another_holder_is_told_that_the_call_is_gone(alice, bob, cara):
    hers = agent_of(cara.call)
    takeover.take_over(bob, cara.call.pk, hers.pk)
    other = a_supervisor("erin")
    with pytest.raises(ActionError) as refused:
        takeover.take_over(other, cara.call.pk, hers.pk)
    assert refused.value.code == "offer_gone"


def test_who_speaks_in_a_call_neither_listens_nor_takes_over(alice, bob, cara):
    takeover.take_over(bob, cara.call.pk, agent_of(cara.call).pk)
    other = talking(alice, cara.call.place)
    for deed in (
        lambda: listening.listen(bob, other.call.pk),
        lambda: takeover.take_over(bob, other.call.pk, agent_of(other.call).pk),
    ):
        with pytest.raises(ActionError) as refused:
            deed()
        assert refused.value.code == "wrong_state"


# --- pages ---


def test_the_overview_offers_running_calls_and_shows_who_listens(alice, bob, cara, client):
    client.force_login(bob)
    page = client.get(reverse("dashboard:board")).content.decode()
    assert reverse("calls:listen", args=[cara.call.pk]) in page
    assert reverse("calls:take-over", args=[cara.call.pk]) in page
    listening.listen(bob, cara.call.pk)
    assert "박도현 청취 중" in client.get(reverse("dashboard:board")).content.decode()
    [row] = board(bob).running
    assert ([p.name for p in row.holders], [p.name for p in row.listeners]) == (["김서연"], ["박도현"])
    assert board(a_supervisor("mallory", queue=a_queue("다른 대기열", a_team("다른 팀")))).running == []


def test_listening_begins_by_a_post_and_the_page_needs_it(alice, bob, cara, client):
    client.force_login(bob)
    address = reverse("calls:listen", args=[cara.call.pk])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 302
    assert client.get(address).status_code == 200
    client.force_login(alice)
    assert client.post(address).status_code == 403
    assert client.get(address).status_code == 403


def test_taking_over_leads_to_the_desk_and_a_refusal_back_with_a_sentence(alice, bob, cara, client):
    client.force_login(bob)
    address = reverse("calls:take-over", args=[cara.call.pk])
    assert client.post(address, {"holder": "nonsense"}).status_code == 404
    answer = client.post(address, {"holder": str(agent_of(cara.call).pk)})
    assert answer["Location"] == reverse("calls:desk")
    again = client.post(address, {"holder": str(agent_of(cara.call).pk)}, follow=True)
    assert 'role="alert"' in again.content.decode()
    client.force_login(alice)
    assert client.post(address, {"holder": str(agent_of(cara.call).pk)}).status_code == 403


def test_the_customer_is_told_before_the_call(client):
    place = a_place()
    page = client.get(place.get_absolute_url() + "?lang=en").content.decode()
    assert "A supervisor of this office may listen to the call" in page
