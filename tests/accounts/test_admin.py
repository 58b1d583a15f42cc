"""Django's admin: who comes in, what can be done there, and how many questions a list asks of the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Invitation, Role, User
from calls.actions import calls as call_actions
from calls.actions import presence, rooms
from calls.models import Call
from tests.cast import PASSWORD, a_place, a_supervisor, a_team, an_agent, talking

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

LISTS = [
    "accounts_user", "accounts_team", "accounts_invitation", "calls_place", "calls_queue", "calls_call",
    "calls_room", "calls_roomsession",
]  # fmt: skip


@pytest.fixture
def admin(client):
    user = User.objects.create_superuser("admin", PASSWORD, name="관리자")
    client.force_login(user)
    return client


@pytest.mark.parametrize("person", [an_agent, a_supervisor])
def test_only_administrators_come_in(client, person):
    client.force_login(person())
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_demoted_administrator_is_out(client):
    user = User.objects.create_superuser("admin", PASSWORD, name="관리자")
    user.role = Role.AGENT
    user.save()
    client.force_login(user)
    assert client.get(reverse("admin:calls_call_changelist")).status_code == 302


def rows(number: int) -> None:
    for each in range(number):
        name = f"{number}-{each}"
        agent = an_agent(f"agent-{name}")
        agent.teams.add(a_team(f"team-{name}"))
        Invitation.objects.create(team=a_team(), invited_by=agent, note=name)
        cara = talking(agent, a_place(is_default=False))
        call_actions.end_call(cara.party)
        presence.set_state(agent, "away")  # the next call is for the next agent
        rooms.start(agent, rooms.create_room(agent, "meeting", name))


def queries(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_asks_no_more_questions(admin, name):
    address = reverse(f"admin:{name}_changelist")
    rows(2)
    before = queries(admin, address)
    rows(3)
    assert queries(admin, address) == before


def test_the_page_of_a_call_asks_no_more_for_more_history(admin):
    cara = talking(an_agent())
    page = reverse("admin:calls_call_change", args=[cara.call.pk])
    queries(admin, page)  # the first page of a process fills caches
    before = queries(admin, page)
    call_actions.end_call(cara.party)
    assert queries(admin, page) == before


def test_a_call_is_read_only_and_keeps_the_customers_own_words(admin):
    cara = talking(an_agent())
    Call.objects.update(
        question="내 비밀 이야기", rating_comment="또 다른 말", customer_contact="010-1234-2210"
    )
    address = reverse("admin:calls_call_change", args=[cara.call.pk])
    page = admin.get(address).content.decode()
    assert "010-****-2210" in page
    assert "010-1234-2210" not in page
    assert "내 비밀 이야기" not in page
    assert "또 다른 말" not in page
    assert admin.post(address, {"status": "ENDED"}).status_code == 403
    assert admin.post(reverse("admin:calls_call_delete", args=[cara.call.pk])).status_code == 403


def test_an_invitation_shows_its_link_until_it_is_used(admin):
    admin.post(reverse("admin:accounts_invitation_add"), {
        "role": "agent", "team": a_team().pk, "note": "새 상담원", "expires_at_0": "2030-01-01", "expires_at_1": "00:00",
    })  # fmt: skip
    invitation = Invitation.objects.get()
    assert invitation.invited_by.username == "admin"
    page = reverse("admin:accounts_invitation_change", args=[invitation.pk])
    assert invitation.public_url() in admin.get(page).content.decode()
    Invitation.objects.all().claim(invitation.token, an_agent())
    assert invitation.token not in admin.get(page).content.decode()


def test_a_place_shows_its_link_its_code_and_the_way_to_the_poster(admin):
    place = a_place()
    page = admin.get(reverse("admin:calls_place_change", args=[place.pk])).content.decode()
    assert place.public_url() in page
    assert '<svg width="160" height="160"' in page
    assert reverse("calls:poster", args=[place.pk]) in page


def test_deleting_accounts_keeps_their_calls(admin):
    alice = an_agent()
    cara = talking(alice)
    call_actions.end_call(cara.party)
    admin.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "delete_accounts", "_selected_action": [alice.pk]},
    )
    alice.refresh_from_db()
    assert alice.withdrawn_at is not None
    assert Call.objects.filter(pk=cara.call.pk).exists()
    assert admin.post(reverse("admin:accounts_user_delete", args=[alice.pk])).status_code == 403


def test_an_administrator_unlocks_a_name(admin, client, settings):
    an_agent()
    login = reverse("accounts:login")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        locked = type(client)().post(login, {"username": "alice", "password": "wrong"})
    assert locked.status_code == 429
    admin.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "unlock", "_selected_action": [User.objects.get(username="alice").pk]},
    )
    assert type(client)().post(login, {"username": "alice", "password": PASSWORD}).status_code == 302


def test_the_admin_has_no_inline_script_or_style(admin):
    import re

    pages = [reverse("admin:index"), reverse("admin:accounts_user_add"), reverse("admin:calls_queue_add")]
    for address in pages:
        page = admin.get(address)
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        text = page.content.decode()
        assert not re.findall(r"<style\b|\sstyle=\"|\son[a-z]+=\"", text)
        inline = [tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag]
        assert all('type="application/json"' in tag for tag in inline)
