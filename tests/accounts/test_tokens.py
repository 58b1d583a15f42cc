"""JWTs for agents (S1.10)."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.actions import withdraw
from accounts.tokens import socket_token, user_of
from tests.cast import PASSWORD, an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

TOKEN, REFRESH = "/api/v1/auth/token/", "/api/v1/auth/refresh/"


@pytest.fixture(autouse=True)
def _fresh_throttle(redis_server):
    cache.clear()


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def alice():
    return an_agent()


def obtain(api, password=PASSWORD, username="alice"):
    return api.post(TOKEN, {"username": username, "password": password}, format="json")


@pytest.mark.req("S1.10")
def test_alice_gets_a_token_with_her_id_role_and_a_day_to_live(api, alice):
    answer = obtain(api).json()
    assert answer["success"] is True
    claims = jwt.decode(answer["data"]["access"], settings.SECRET_KEY, algorithms=["HS256"])
    assert (str(claims["user_id"]), claims["role"], claims["name"]) == (str(alice.pk), "agent", alice.name)
    assert claims["exp"] - claims["iat"] == 24 * 3600


def test_a_token_answer_is_kept_by_no_cache(api, alice):
    assert obtain(api)["Cache-Control"] == "no-store"


def test_a_refresh_token_gives_a_new_access_token_with_the_role_of_now(api, alice):
    refresh = obtain(api).json()["data"]["refresh"]
    alice.role = "supervisor"
    alice.save()
    access = api.post(REFRESH, {"refresh": refresh}, format="json").json()["data"]["access"]
    assert AccessToken(access)["role"] == "supervisor"
    assert user_of(access) == alice


def test_a_wrong_password_is_refused_with_a_stable_code(api, alice):
    answer = obtain(api, "wrong")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")


def test_guessing_through_the_api_locks_the_name_for_pages_too(api, alice, client):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = obtain(api, "wrong")
    assert (last.status_code, last.json()["error"]["code"]) == (429, "locked_out")
    assert last.json()["error"]["retryAfter"] == 900
    assert obtain(api).json()["error"]["code"] == "locked_out"
    assert client.post("/accounts/login/", {"username": "alice", "password": PASSWORD}).status_code == 429


def test_a_withdrawn_account_refreshes_nothing(api, alice):
    data = obtain(api).json()["data"]
    withdraw(alice)
    answer = api.post(REFRESH, {"refresh": data["refresh"]}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_invalid")
    assert user_of(data["access"]) is None


def test_a_changed_password_revokes_both_tokens(api, alice):
    data = obtain(api).json()["data"]
    alice.set_password("another unusual one 9")
    alice.save()
    assert api.post(REFRESH, {"refresh": data["refresh"]}, format="json").status_code == 401
    assert user_of(data["access"]) is None


def test_a_deactivated_account_has_no_way_in(api, alice):
    token = socket_token(alice)
    alice.is_active = False
    alice.save()
    assert user_of(token) is None
    assert obtain(api).status_code == 401


def test_tokens_are_not_interchangeable(api, alice):
    data = obtain(api).json()["data"]
    assert user_of(data["refresh"]) is None
    assert api.post(REFRESH, {"refresh": data["access"]}, format="json").status_code == 401


def test_an_expired_or_forged_token_names_nobody(alice):
    old = AccessToken.for_user(alice)
    old.set_exp(from_time=timezone.now() - timedelta(days=2), lifetime=timedelta(days=1))
    assert user_of(str(old)) is None
    claims = {"user_id": alice.pk, "token_type": "access", "exp": 9999999999, "jti": "x"}
    assert user_of(jwt.encode(claims, "mallory" * 8, algorithm="HS256")) is None
    assert user_of(jwt.encode(claims, "", algorithm="none")) is None


@pytest.mark.parametrize(
    "body",
    [
        "{", "[]", "null", '"x"', "{}", '{"username": 1, "password": {}}', '{"username": "a\\u0000", "password": "b"}',
        '{"username": "\\ud800", "password": "b"}', '{"username": "' + "x" * 500 + '", "password": "b"}',
        '{"username": "a", "password": "' + "x" * 2000 + '"}', '{"refresh": "\\ud800"}', '{"refresh": "a.b.c"}',
        '{"refresh": "é.é.é"}', '{"refresh": null}', '{"refresh": "' + "x" * 9000 + '"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [TOKEN, REFRESH])
def test_nothing_a_stranger_sends_breaks_it(api, path, body):
    answer = api.post(path, body, content_type="application/json")
    assert answer.status_code in (400, 401)
    assert answer.json()["success"] is False


def test_log_ins_are_throttled(api, alice, settings):
    from rest_framework.throttling import ScopedRateThrottle

    limit = int(ScopedRateThrottle.THROTTLE_RATES["login"].split("/")[0])
    answers = [obtain(api, username=f"nobody{number}") for number in range(limit + 1)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["error"]["code"] == "too_many_requests"
