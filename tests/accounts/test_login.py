"""Logging in and out with pages, and what happens after too many wrong passwords."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.cast import PASSWORD, a_supervisor, an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

LOGIN = reverse("accounts:login")


def log_in(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"username": username, "password": password, **more})


@pytest.mark.req("S1.1")
def test_alice_logs_in_to_her_desk_and_out_again(client):
    an_agent()
    assert log_in(client, "alice").headers["Location"] == reverse("calls:desk")
    assert client.get(reverse("accounts:account")).status_code == 200
    client.post(reverse("accounts:logout"))
    assert client.get(reverse("accounts:account")).headers["Location"].startswith(LOGIN)


def test_bob_the_supervisor_begins_at_the_overview(client):
    a_supervisor()
    assert log_in(client, "bob").headers["Location"] == reverse("dashboard:overview")


def test_next_leads_back_but_never_to_another_site(client):
    an_agent()
    records = reverse("transcripts:records")
    assert log_in(client, "alice", next=records).headers["Location"] == records
    client.logout()
    assert log_in(client, "alice", next="https://mallory.example/").headers["Location"] == reverse(
        "calls:desk"
    )


def test_a_forgotten_tick_ends_the_session_with_the_browser(client):
    an_agent()
    log_in(client, "alice")
    assert client.session.get_expire_at_browser_close()
    client.logout()
    log_in(client, "alice", remember="on")
    assert not client.session.get_expire_at_browser_close()


def test_pages_speak_the_language_of_the_account(client):
    an_agent(language="en")
    log_in(client, "alice")
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert "My account" in client.get(reverse("accounts:account")).content.decode()


def test_a_wrong_password_says_how_many_tries_are_left(client):
    an_agent()
    page = log_in(client, "alice", "wrong").content.decode()
    assert "4번 더 시도할 수 있습니다" in page
    assert "3번 더 시도할 수 있습니다" in log_in(client, "alice", "wrong").content.decode()


def test_an_unknown_name_is_answered_like_a_wrong_password(client):
    an_agent()
    assert "4번 더" in log_in(client, "nobody", "wrong").content.decode()
    assert "4번 더" in log_in(client, "alice", "wrong").content.decode()


def test_the_fifth_wrong_password_locks_the_name_even_for_the_right_one(client):
    an_agent()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = log_in(client, "alice", "wrong")
    assert last.status_code == 429
    assert "15분 뒤에" in last.content.decode()
    assert int(last.headers["Retry-After"]) == 900
    assert log_in(client, "alice").status_code == 429


def test_a_lock_from_one_address_does_not_lock_alice_out_elsewhere(client):
    an_agent()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(LOGIN, {"username": "alice", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    elsewhere = client.post(LOGIN, {"username": "alice", "password": PASSWORD}, REMOTE_ADDR="203.0.113.10")
    assert elsewhere.status_code == 302


def test_mallory_cannot_dodge_the_lock_by_inventing_addresses(client):
    an_agent()
    for number in range(settings.AXES_FAILURE_LIMIT):
        headers = {"HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"}
        last = client.post(LOGIN, {"username": "alice", "password": "wrong"}, **headers)
    assert last.status_code == 429


@pytest.mark.parametrize("name", ["a\x00b", "x" * 5000, "\ud800", ""])
def test_no_name_breaks_the_page(client, name):
    response = client.post(LOGIN, {"username": name.encode("utf-8", "replace").decode(), "password": "x"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "path", ["accounts:login", "accounts:account", "accounts:password", "accounts:withdraw"]
)
def test_the_policy_of_every_page_allows_no_inline_script(client, path):
    client.force_login(an_agent())
    policy = client.get(reverse(path)).headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "script-src 'self'" in policy
