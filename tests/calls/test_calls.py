from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.access import customer_party, staff_party
from calls.actions import calls, presence, snapshots, sweeps
from calls.actions.errors import ActionError
from calls.models import Call, CallEvent, Participant
from calls.signals import call_finished
from calls.states import CallStatus, EndReason, InvalidTransition
from tests.cast import a_place, a_queue, a_supervisor, a_team, accepts, an_agent, cara_calls, on_duty, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def place():
    return a_place()


def away_since(participant: Participant, seconds: int) -> None:
    Participant.objects.filter(pk=participant.pk).update(
        lease_until=timezone.now() - timedelta(seconds=seconds)
    )


@pytest.mark.req("S1.2")
def test_a_customer_calls_with_nothing_but_a_link(place) -> None:
    cara = cara_calls(place)
    assert cara.call.state is CallStatus.RINGING
    assert customer_party(cara.token).call == cara.call
    assert cara.token not in str(Call.objects.values().get())


def test_numbers_of_a_day_have_no_holes(place) -> None:
    assert [cara_calls(place).call.number for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("token", ["", "made-up", "x" * 500, "\x00"])
def test_a_made_up_token_opens_nothing(place, token: str) -> None:
    cara_calls(place)
    assert customer_party(token) is None


def test_an_expired_token_opens_nothing(place) -> None:
    cara = cara_calls(place)
    Call.objects.update(token_expires_at=timezone.now())
    assert customer_party(cara.token) is None


@pytest.mark.req("S2.4")
def test_a_call_runs_from_ringing_to_ended_with_a_row_per_change(place) -> None:
    cara = talking(an_agent("alice"), place)
    calls.end_call(cara.party)
    cara.call.refresh_from_db()
    assert cara.call.state is CallStatus.ENDED
    assert cara.call.end_reason == EndReason.HANG_UP
    assert [t.after for t in cara.call.transitions.all()] == ["RINGING", "CONNECTING", "IN_PROGRESS", "ENDED"]
    assert not cara.call.participants.present().exists()


def test_a_customer_who_gives_up_waiting_leaves_a_failed_call(place) -> None:
    cara = cara_calls(place)
    calls.end_call(cara.party)
    cara.call.refresh_from_db()
    assert (cara.call.state, cara.call.end_reason) == (CallStatus.FAILED, EndReason.ABANDONED)


def test_ending_twice_and_connecting_twice_change_nothing(place) -> None:
    cara = talking(an_agent("alice"), place)
    calls.mark_connected(cara.party, "relayed")
    calls.end_call(cara.party)
    calls.end_call(cara.party)
    assert cara.call.transitions.count() == 4


def test_a_stale_row_loses_the_swap(place) -> None:
    cara = cara_calls(place)
    stale = Call.objects.get(pk=cara.call.pk)
    calls.end_call(cara.party)
    assert stale.move(CallStatus.CONNECTING) is False
    assert cara.call.transitions.count() == 2


def test_a_forbidden_change_is_an_error_of_ours(place) -> None:
    with pytest.raises(InvalidTransition):
        cara_calls(place).call.move(CallStatus.ENDED)


def test_a_waiting_call_cannot_be_connected(place) -> None:
    with pytest.raises(ActionError) as refusal:
        calls.mark_connected(cara_calls(place).party, "direct")
    assert refusal.value.code == "wrong_state"


def test_the_customer_keeps_the_place_in_the_queue_within_the_grace_period(place, settings) -> None:
    cara = cara_calls(place)
    away_since(cara.party.participant, settings.GRACE_SECONDS - 10)
    sweeps.sweep()
    cara.call.refresh_from_db()
    assert cara.call.state is CallStatus.RINGING


def test_a_customer_who_does_not_come_back_is_dropped_from_the_queue(place, settings) -> None:
    cara = cara_calls(place)
    away_since(cara.party.participant, settings.GRACE_SECONDS + 1)
    sweeps.sweep()
    cara.call.refresh_from_db()
    assert (cara.call.state, cara.call.end_reason) == (CallStatus.FAILED, EndReason.ABANDONED)


@pytest.mark.parametrize("role", ["customer", "agent"])
def test_a_call_ends_when_one_side_stays_away(place, settings, role: str) -> None:
    cara = talking(an_agent("alice"), place)
    for participant in cara.call.participants.all():
        presence.renew_party(participant.pk)
    away_since(cara.call.participants.get(role=role), settings.GRACE_SECONDS + 1)
    sweeps.sweep()
    cara.call.refresh_from_db()
    assert (cara.call.state, cara.call.end_reason) == (CallStatus.ENDED, EndReason.DISCONNECTED)


def test_an_accepted_call_that_never_connects_fails(place, settings) -> None:
    alice = on_duty(an_agent("alice"))
    cara = cara_calls(place)
    accepts(alice)
    then = timezone.now() - timedelta(seconds=settings.CONNECT_TIMEOUT_SECONDS + 1)
    Call.objects.update(answered_at=then)
    sweeps.sweep()
    cara.call.refresh_from_db()
    assert cara.call.state is CallStatus.CONNECTING  # she has only just come into it
    Participant.objects.update(joined_at=then)
    sweeps.sweep()
    cara.call.refresh_from_db()
    assert (cara.call.state, cara.call.end_reason) == (CallStatus.FAILED, EndReason.NOT_CONNECTED)


def test_call_finished_is_sent_after_commit_and_only_for_answered_calls(
    place, django_capture_on_commit_callbacks
) -> None:
    heard = []

    def listen(call_id, **_kwargs) -> None:
        heard.append(call_id)

    call_finished.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            abandoned = cara_calls(place)
            calls.end_call(abandoned.party)
            cara = talking(an_agent("alice"), place)
            calls.end_call(cara.party)
    finally:
        call_finished.disconnect(listen)
    assert heard == [cara.call.pk]


def test_events_are_numbered_from_one_without_holes(place) -> None:
    cara = talking(an_agent("alice"), place)
    calls.end_call(cara.party)
    seqs = list(CallEvent.objects.filter(call=cara.call).values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_snapshot_plus_the_missed_events_equals_a_fresh_snapshot(place) -> None:
    alice = on_duty(an_agent("alice"))
    cara = cara_calls(place)
    before = snapshots.joined_payload(cara.party, 0)
    accepts(alice)
    calls.mark_connected(cara.party, "direct")
    missed = snapshots.missed_events(cara.call, before["seq"], "customer")
    rebuilt = dict(before["call"])
    for event in missed:
        if event["type"] == "call-state":
            rebuilt |= {
                key: event[key]
                for key in ("status", "reason", "answeredAt", "connectedAt", "endedAt", "agent")
            }
            rebuilt["queue"] = None
    fresh = snapshots.joined_payload(cara.party, before["seq"] + len(missed))
    assert rebuilt == fresh["call"]
    assert fresh["events"] == []


def test_the_customers_snapshot_holds_no_contact_and_the_agents_does(place) -> None:
    cara = cara_calls(place)
    assert "contact" not in snapshots.snapshot(cara.call, for_staff=False)["customer"]
    assert snapshots.snapshot(cara.call, for_staff=True)["customer"]["contact"] == "010-1234-2210"


def test_position_counts_those_who_came_before_in_the_same_queue(place) -> None:
    cara_calls(a_place(a_queue("여권"), is_default=False))
    first, second = cara_calls(place), cara_calls(place)
    assert snapshots.queue_payload(first.call)["position"] == 0
    assert snapshots.queue_payload(second.call)["position"] == 1


def test_staff_see_the_calls_of_their_part_of_the_house(place) -> None:
    alice, dan = an_agent("alice"), an_agent("dan")
    bob = a_supervisor("bob")
    other = a_supervisor("eve", queue=a_queue("여권", a_team("여권팀")))
    cara = talking(alice, place)
    assert list(Call.objects.visible_to(alice)) == [cara.call]
    assert list(Call.objects.visible_to(bob)) == [cara.call]
    assert not Call.objects.visible_to(dan).exists()
    assert not Call.objects.visible_to(other).exists()
    assert staff_party(dan, cara.call.pk) is None
    assert staff_party(bob, cara.call.pk) is None


def test_a_rating_is_taken_only_after_the_call(place) -> None:
    cara = talking(an_agent("alice"), place)
    with pytest.raises(ActionError):
        calls.rate_call(cara.party.call, 5)
    calls.end_call(cara.party)
    calls.rate_call(cara.party.call, 4, "고마워요")
    cara.call.refresh_from_db()
    assert (cara.call.rating, cara.call.rating_comment) == (4, "고마워요")


@pytest.mark.req("S1.1")
def test_a_withdrawn_agent_is_no_longer_named_but_the_call_remains(place) -> None:
    alice = an_agent("alice")
    cara = talking(alice, place)
    alice.withdraw()
    assert Call.objects.filter(pk=cara.call.pk, participants__user=alice).exists()
    assert not presence.renew_party(cara.call.participants.get(user=alice).pk)
