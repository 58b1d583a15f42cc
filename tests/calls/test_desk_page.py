"""Alice opens her desk; cara and mallory do not."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from calls.templatetags.people import given_name
from tests.calls.test_customer_pages import page_config
from tests.cast import an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def alice() -> User:
    return an_agent("alice", language="ko")


@pytest.fixture
def at_desk(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


def test_a_stranger_is_sent_to_the_log_in(client: Client) -> None:
    answer = client.get("/desk/")
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('accounts:login')}?next=/desk/"


@pytest.mark.req("S1.10")
def test_a_stranger_gets_no_token(client: Client) -> None:
    assert client.get("/desk/token").status_code == 401


@pytest.mark.req("S1.10")
def test_alices_desk_gets_a_token_of_her_own(at_desk: Client, alice: User) -> None:
    answer = at_desk.get("/desk/token")
    claims = AccessToken(answer.json()["token"])
    assert str(claims["user_id"]) == str(alice.pk)
    assert claims["role"] == "agent"
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert "no-store" in answer["Cache-Control"]


def test_a_deactivated_agent_is_out(at_desk: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert at_desk.get("/desk/token").status_code == 401
    assert at_desk.get("/desk/").status_code == 302


@pytest.mark.req("S1.3")
def test_the_desk_has_what_its_script_fills(at_desk: Client) -> None:
    html = at_desk.get("/desk/").content.decode()
    for hook in (
        "data-accept",
        "data-reject",
        "data-waiting",
        "data-colleagues",
        "data-hang-up",
        "data-mute",
    ):
        assert hook in html
    config = page_config(html)
    assert config["tokenUrl"] == "/desk/token"
    assert "00000000-0000-0000-0000-000000000000" in config["recordUrl"]
    assert config["offerSeconds"] == 20
    assert "token" not in config


def test_the_desk_allows_no_inline_code(at_desk: Client) -> None:
    answer = at_desk.get("/desk/")
    assert "unsafe" not in answer["Content-Security-Policy"]
    html = answer.content.decode()
    assert not re.search(r"\son\w+=|\sstyle=|<style", html)
    assert not re.search(r'<script(?![^>]*(src=|type="application/json"))', html)


def test_only_supervisors_see_the_overview_and_only_admins_the_administration(
    at_desk: Client, alice: User
) -> None:
    assert "관리</a>" not in at_desk.get("/desk/").content.decode()
    User.objects.filter(pk=alice.pk).update(role="admin")
    html = at_desk.get("/desk/").content.decode()
    assert "관리</a>" in html
    assert reverse("dashboard:overview") in html


def test_the_desk_asks_the_database_for_the_agent_and_no_more(
    at_desk: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(3):
        at_desk.get("/desk/")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("김서연", "서연"),
        ("남궁민수", "민수"),
        ("이든", "이든"),
        ("Amy Tran", "Amy"),
        ("Christopher", "Chr"),
        ("", ""),
    ],
)
def test_an_avatar_carries_the_given_name(name: str, shown: str) -> None:
    assert given_name(name) == shown
