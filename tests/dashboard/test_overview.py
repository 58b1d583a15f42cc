"""The overview: what supervisors see of agents, queues and today's calls, and what they do not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from calls.actions import calls as call_actions
from calls.actions import presence
from calls.models import Call, DeskSession
from dashboard.reports import Doing, board
from tests.cast import (
    PASSWORD,
    a_place,
    a_queue,
    a_supervisor,
    a_team,
    an_agent,
    cara_calls,
    on_duty,
    talking,
)

pytestmark = [pytest.mark.db, pytest.mark.django_db]

OVERVIEW, FRAGMENT = reverse("dashboard:overview"), reverse("dashboard:board")


@pytest.fixture
def bob():
    return a_supervisor()


def doing(user: User) -> dict[str, Doing]:
    return {row.name: row.doing for row in board(user).agents}


@pytest.mark.req("S1.9")
def test_bob_sees_what_every_agent_does(bob):
    talking(on_duty(an_agent("talker")))
    on_duty(an_agent("ringer"))
    cara_calls()
    on_duty(an_agent("ready"))
    presence.set_state(on_duty(an_agent("away")), "away")
    an_agent("gone")
    assert doing(bob) == {
        "talker": Doing.TALK,
        "ringer": Doing.RING,
        "ready": Doing.READY,
        "away": Doing.AWAY,
        "gone": Doing.OFFLINE,
    }


def test_an_agent_whose_page_died_is_offline_whatever_she_said_of_herself(bob):
    alice = on_duty(an_agent())
    DeskSession.objects.filter(user=alice).update(expires_at=timezone.now())
    assert doing(bob) == {alice.name: Doing.OFFLINE}


def test_the_first_sentence_counts_those_on_duty(bob, client):
    talking(an_agent())
    cara_calls()
    an_agent("gone")
    client.force_login(bob)
    page = client.get(OVERVIEW).content.decode()
    assert "근무 중인 1명 가운데 1명이 상담 중이고, 고객 1명이 기다립니다." in page


def test_a_queue_past_its_target_is_said(bob, client):
    cara = cara_calls()
    Call.objects.filter(pk=cara.call.pk).update(created_at=timezone.now() - timedelta(seconds=181))
    client.force_login(bob)
    assert "종합민원 대기가 목표 시간을 넘었습니다." in client.get(OVERVIEW).content.decode()


def test_todays_calls_show_wait_length_and_rating_but_not_the_contact(bob, client):
    cara = talking(an_agent())
    call_actions.end_call(cara.party)
    now = timezone.now()
    Call.objects.filter(pk=cara.call.pk).update(
        created_at=now - timedelta(seconds=312),
        answered_at=now - timedelta(seconds=252),
        connected_at=now - timedelta(seconds=252),
        ended_at=now,
        rating=4,
    )
    client.force_login(bob)
    page = client.get(OVERVIEW).content.decode()
    assert cara.call.reference in page
    assert "010-****-2210" in page
    assert "010-1234-2210" not in page
    assert '<td class="n">01:00</td><td class="n">04:12</td><td class="n">4</td>' in page


def test_figures_of_today(bob):
    for rating in (5, 3):
        agent = an_agent(f"agent{rating}")
        cara = talking(agent)
        call_actions.end_call(cara.party)
        presence.set_state(agent, "away")
        Call.objects.filter(pk=cara.call.pk).update(rating=rating)
    leaver = cara_calls()
    call_actions.end_call(leaver.party)
    cara_calls()
    figures = board(bob).figures
    assert (figures.calls, figures.answered, figures.abandoned) == (4, 2, 1)
    assert figures.mean_rating == 4
    assert round(figures.abandon_rate or 0, 1) == 33.3


def test_without_calls_no_figure_is_invented(bob, client):
    figures = board(bob).figures
    assert (figures.wait, figures.mean_rating, figures.abandon_rate) == (None, None, None)
    client.force_login(bob)
    assert client.get(OVERVIEW).status_code == 200


def test_yesterdays_calls_are_not_todays(bob):
    cara = talking(an_agent())
    Call.objects.filter(pk=cara.call.pk).update(day=timezone.localdate() - timedelta(days=1))
    assert board(bob).today == []


def test_bob_sees_nothing_of_another_team(bob, client):
    other = a_queue("세무", team=a_team("세무팀"))
    stranger = an_agent("stranger", queue=other)
    cara = talking(stranger, a_place(other, is_default=False, name="세무서"))
    waiting = cara_calls(a_place(other, is_default=False, name="세무서 2층"))
    client.force_login(bob)
    page = client.get(OVERVIEW).content.decode()
    for secret in ("stranger", cara.call.reference, waiting.call.reference, "세무"):
        assert secret not in page


def test_an_administrator_sees_every_team(client):
    admin = User.objects.create_superuser("admin", PASSWORD, name="관리자")
    other = a_queue("세무", team=a_team("세무팀"))
    talking(an_agent("stranger", queue=other), a_place(other, is_default=False))
    assert doing(admin) == {"stranger": Doing.TALK}


def test_a_call_seen_by_two_reasons_is_counted_once(bob):
    cara = talking(bob_takes_calls := on_duty(an_agent()))
    bob.teams.add(a_team("둘째"), a_team("셋째"))
    bob_takes_calls.teams.add(a_team("둘째"), a_team("셋째"))
    found = board(bob)
    assert [call.pk for call in found.today] == [cara.call.pk]
    assert (found.figures.calls, len(found.agents)) == (1, 1)


@pytest.mark.parametrize("address", [OVERVIEW, FRAGMENT])
def test_agents_are_told_that_it_is_not_theirs_and_strangers_log_in(client, address):
    assert client.get(address).headers["Location"].startswith(reverse("accounts:login"))
    client.force_login(an_agent())
    refused = client.get(address)
    assert refused.status_code == 403
    assert "권한이 필요한 페이지" in refused.content.decode()


def test_a_withdrawn_supervisor_sees_nothing(client, bob):
    client.force_login(bob)
    bob.withdraw()
    assert client.get(OVERVIEW).status_code == 302


def test_more_agents_and_calls_ask_no_more_questions(bob, client):
    def some(number: int) -> None:
        for each in range(number):
            talking(an_agent(f"agent-{number}-{each}"), everyones)
            presence.set_state(on_duty(an_agent(f"idle-{number}-{each}")), "away")

    everyones = a_place()
    nobodys = a_place(a_queue("빈 대기열"), is_default=False, name="빈 곳")
    client.force_login(bob)
    some(2)
    cara_calls(nobodys)
    client.get(OVERVIEW)
    with CaptureQueriesContext(connection) as few:
        client.get(OVERVIEW)
    some(5)
    cara_calls(nobodys)
    with CaptureQueriesContext(connection) as many:
        client.get(OVERVIEW)
    assert len(many) == len(few)
    assert len(many) <= 16


def test_the_fragment_is_the_board_alone(bob, client):
    client.force_login(bob)
    fragment = client.get(FRAGMENT)
    assert fragment.headers["Cache-Control"].startswith("max-age=0")
    text = fragment.content.decode()
    assert "<html" not in text
    for part in ("sentence", "clock", "floor"):
        assert f'data-part="{part}"' in text
