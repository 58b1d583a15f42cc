"""The list of calls: found again by day, state, reference or name, within what the user may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.actions import calls as call_actions
from calls.models import Call
from tests.cast import a_place, a_queue, a_supervisor, a_team, an_agent, cara_calls, talking
from transcripts.views import PER_PAGE

pytestmark = [pytest.mark.db, pytest.mark.django_db]

RECORDS = reverse("transcripts:records")


@pytest.fixture
def bob(client):
    user = a_supervisor()
    client.force_login(user)
    return user


def found(client, **wanted) -> list[str]:
    page = client.get(RECORDS, wanted)
    assert page.status_code == 200
    return [call.reference for call in page.context["page"]]


def ended(**details) -> Call:
    cara = cara_calls(**details)
    call_actions.end_call(cara.party)
    return Call.objects.get(pk=cara.call.pk)


def test_calls_are_found_by_name_topic_and_reference(client, bob):
    first, second = ended(name="이정은", topic="여권"), ended(name="박민수", topic="세금")
    assert found(client) == [second.reference, first.reference]
    assert found(client, q="정은") == [first.reference]
    assert found(client, q="세금") == [second.reference]
    assert found(client, q=f" {first.reference} ") == [first.reference]
    assert found(client, q="2026-9999-0001") == []


def test_calls_are_found_by_state_and_day(client, bob):
    left = ended()
    running = talking(an_agent()).call
    assert found(client, state="left") == [left.reference]
    assert found(client, state="active") == [running.reference]
    assert found(client, state="ended") == []
    yesterday = timezone.localdate() - timedelta(days=1)
    a_day_ago = left.created_at - timedelta(days=1)
    Call.objects.filter(pk=left.pk).update(day=yesterday, created_at=a_day_ago)
    assert found(client, day=yesterday.isoformat()) == [f"{yesterday:%Y-%m%d}-{left.number:04d}"]


@pytest.mark.parametrize(
    "wanted",
    [{"day": "soon"}, {"state": "x"}, {"page": "x"}, {"page": "999"}, {"q": "x" * 500}, {"q": "a\x00"}],
)
def test_a_mistyped_address_still_shows_a_list(client, bob, wanted):
    call = ended()
    assert found(client, **wanted) == [call.reference]


def test_agents_see_their_own_calls_supervisors_their_teams(client):
    alice = an_agent()
    mine = talking(alice).call
    other = a_queue("세무", team=a_team("세무팀"))
    foreign = talking(an_agent("stranger", queue=other), a_place(other, is_default=False)).call
    unanswered = ended()
    client.force_login(alice)
    assert found(client) == [mine.reference]
    client.force_login(a_supervisor())
    assert found(client) == [unanswered.reference, mine.reference]
    assert found(client, q=foreign.reference) == []


def test_the_contact_is_not_readable_in_the_list(client, bob):
    ended(contact="010-1234-2210")
    page = client.get(RECORDS).content.decode()
    assert "010-****-2210" in page
    assert "1234" not in page


@pytest.mark.one_database
def test_a_longer_list_asks_no_more_questions_and_has_pages(client, bob):
    ended()
    client.get(RECORDS)
    with CaptureQueriesContext(connection) as few:
        client.get(RECORDS)
    for _ in range(PER_PAGE):
        ended()
    with CaptureQueriesContext(connection) as many:
        page = client.get(RECORDS, {"q": "이정은"})
    assert len(many) == len(few)
    assert len(page.context["page"]) == PER_PAGE
    assert "page=2" in page.content.decode()
    assert len(found(client, q="이정은", page=2)) == 1


def test_strangers_log_in_first(client):
    assert client.get(RECORDS).headers["Location"].startswith(reverse("accounts:login"))
