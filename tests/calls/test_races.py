"""What several processes do at once: real threads, real transactions, on whichever database the suite runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.access import staff_party
from calls.actions import assistants, calls, invitations, offers, takeover
from calls.actions.errors import ActionError
from calls.models import Call, CallEvent, Listening, Offer
from calls.states import CallStatus
from tests.cast import a_place, a_supervisor, an_agent, cara_calls, on_duty, ringing_offer, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all at the same moment; a result or the exception of each, in order."""
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        try:
            barrier.wait()
            results[index] = work()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_customers_who_come_at_once_get_numbers_of_their_own() -> None:
    place = a_place()
    results = at_once(*[lambda: cara_calls(place) for _ in range(6)])
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(Call.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.req("S1.3")
def test_of_two_pages_that_accept_at_once_one_wins_and_the_other_is_told() -> None:
    place = a_place()
    alice = on_duty(an_agent("alice"))
    cara = cara_calls(place)
    offer = ringing_offer(alice)
    results = at_once(*[lambda: offers.accept_offer(alice, offer.pk) for _ in range(3)])
    winners = [result for result in results if isinstance(result, Call)]
    losers = [result.code for result in results if isinstance(result, ActionError)]
    assert len(winners) == 1
    assert losers == ["offer_gone", "offer_gone"]
    assert cara.call.participants.filter(user=alice).count() == 1


def test_an_accept_and_a_hang_up_at_once_leave_one_consistent_story() -> None:
    place = a_place()
    alice = on_duty(an_agent("alice"))
    cara = cara_calls(place)
    offer, party = ringing_offer(alice), cara.party
    _, ended = at_once(lambda: offers.accept_offer(alice, offer.pk), lambda: calls.end_call(party))
    assert ended is None
    cara.call.refresh_from_db()
    states = [t.after for t in cara.call.transitions.all()]
    assert states in (["RINGING", "FAILED"], ["RINGING", "CONNECTING", "FAILED"])
    assert cara.call.state is CallStatus.FAILED
    assert not Offer.objects.pending().exists()


def test_who_accepts_waits_for_the_call_before_taking_the_offer() -> None:
    """Who hangs up has the call and waits for its offers: the other way round each would wait for the other for good."""
    alice = on_duty(an_agent("alice"))
    cara_calls(a_place())
    offer = ringing_offer(alice)
    with CaptureQueriesContext(connection) as asked:
        offers.accept_offer(alice, offer.pk)
    changed = [query["sql"].split()[1].strip('"') for query in asked if query["sql"].startswith("UPDATE")]
    assert changed.index(Call._meta.db_table) < changed.index(Offer._meta.db_table)


def test_many_who_assign_at_once_book_nobody_twice() -> None:
    place = a_place()
    for _ in range(3):
        cara_calls(place)
    for name in ("alice", "dan", "eve"):
        on_duty(an_agent(name))
    Offer.objects.all().delete()
    results = at_once(*[offers.assign_waiting for _ in range(5)])
    assert not [result for result in results if isinstance(result, Exception)]
    pending = Offer.objects.pending()
    assert (
        pending.count()
        == pending.values("call").distinct().count()
        == pending.values("agent").distinct().count()
    )


def test_events_told_at_once_keep_their_numbers_without_holes() -> None:
    cara = talking(an_agent("alice"), a_place())
    party = cara.party
    at_once(*[lambda: calls.use_relayed_path(party) for _ in range(3)], lambda: calls.end_call(party))
    seqs = list(CallEvent.objects.filter(call=cara.call).values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))


def test_of_two_supervisors_who_take_a_call_over_at_once_one_has_it() -> None:
    alice = an_agent("alice")
    call = talking(alice, a_place()).call
    holder = call.participants.get(user=alice).pk
    bob, erin = a_supervisor(), a_supervisor("erin")
    results = at_once(*[lambda user=user: takeover.take_over(user, call.pk, holder) for user in (bob, erin)])
    assert [result.code for result in results if isinstance(result, ActionError)] == ["offer_gone"]
    assert call.participants.present().filter(role="agent").count() == 1
    assert Listening.objects.filter(took_over=True).count() == 1


def test_a_takeover_and_a_hang_up_at_once_leave_nobody_in_a_call_that_is_over() -> None:
    alice = an_agent("alice")
    cara = talking(alice, a_place())
    holder, party, bob = cara.call.participants.get(user=alice).pk, cara.party, a_supervisor()
    at_once(lambda: takeover.take_over(bob, cara.call.pk, holder), lambda: calls.end_call(party))
    cara.call.refresh_from_db()
    assert cara.call.state is CallStatus.ENDED
    assert not cara.call.participants.present().exists()


def test_an_accept_and_a_takeover_of_an_assistants_call_at_once_leave_one_agent() -> None:
    a_place()
    cara, bob = cara_calls(), a_supervisor()
    cara.call.refresh_from_db()
    holder = assistants.take_call(cara.call, "AI")
    assert holder is not None
    alice = on_duty(an_agent("alice"))
    assistants.want_person(
        cara.call, {"reason": "asked", "intent": "", "summary": [], "fields": {}, "tone": None}
    )
    offer = ringing_offer(alice)
    results = at_once(
        lambda: takeover.take_over(bob, cara.call.pk, holder.pk), lambda: offers.accept_offer(alice, offer.pk)
    )
    assert [result.code for result in results if isinstance(result, ActionError)] == ["offer_gone"]
    assert cara.call.participants.present().filter(role="agent").count() == 1


def test_two_agents_who_invite_at_once_ring_one_colleague() -> None:
    alice, dan = an_agent("alice"), an_agent("dan")
    call = talking(alice, a_place()).call
    on_duty(dan)
    party = staff_party(alice, call.pk)
    assert party is not None
    erin = on_duty(an_agent("erin"))
    results = at_once(*[lambda pk=user.pk: invitations.invite(party, pk, "") for user in (dan, erin)])
    assert [result.code for result in results if isinstance(result, ActionError)] == ["wrong_state"]
    assert Offer.objects.pending().count() == 1


def test_an_accepted_invitation_and_a_hang_up_at_once_leave_nobody_in_a_call_that_is_over() -> None:
    alice, dan = an_agent("alice"), an_agent("dan")
    cara = talking(alice, a_place())
    on_duty(dan)
    party = staff_party(alice, cara.call.pk)
    assert party is not None
    offer, customer = invitations.invite(party, dan.pk, ""), cara.party
    at_once(lambda: offers.accept_offer(dan, offer.pk), lambda: calls.end_call(customer))
    cara.call.refresh_from_db()
    assert cara.call.state is CallStatus.ENDED
    assert not cara.call.participants.present().exists()
    assert not Offer.objects.pending().exists()
