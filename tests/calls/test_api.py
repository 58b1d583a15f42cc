"""The REST API of calls: S2's names and envelope, our rights."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from calls.models import Call
from calls.rtc import turn_credentials
from tests.cast import a_place, a_queue, a_supervisor, a_team, an_agent, cara_calls, on_duty, talking

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]

CALLS = "/api/v1/calls"
NUMBER = {"callerNumber": "010-1234-2210"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def place():
    return a_place()


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    body = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
    return client.post(path, body, content_type="application/json", headers=headers)


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}


def by_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Call {token}"}


def error_of(response: Any) -> tuple[int, str]:
    body = response.json()
    assert body["success"] is False
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"]


# --- configuration --------------------------------------------------------------------------------------------------


@pytest.mark.req("S2.1")
def test_the_rtc_configuration(client: Client, settings) -> None:
    settings.STUN_URLS = ["stun:stun.example:3478"]
    response = client.get(f"{CALLS}/config")
    assert response.json() == {
        "success": True,
        "data": {
            "iceServers": [{"urls": ["stun:stun.example:3478"]}],
            "iceCandidatePoolSize": 10,
            "iceTransportPolicy": "all",
            "bundlePolicy": "max-bundle",
            "rtcpMuxPolicy": "require",
        },
    }


@pytest.mark.req("S1.4")
def test_turn_credentials_run_out_and_go_to_known_people_only(client: Client, settings, place) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:turn.example"], "secret"
    assert client.get(f"{CALLS}/config").json()["data"]["iceServers"] == []
    cara = cara_calls(place)
    for headers in (by_token(cara.token), bearer(an_agent())):
        [server] = client.get(f"{CALLS}/config", headers=headers).json()["data"]["iceServers"]
        expiry = int(server["username"].split(":")[0])
        assert 0 < expiry - time.time() <= settings.TURN_CREDENTIAL_SECONDS
        assert server["credential"] == hmac_of("secret", server["username"])


def hmac_of(secret: str, username: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()


def test_turn_credentials_are_those_of_the_rest_scheme() -> None:
    username, credential = turn_credentials("cara", "north", 60)
    assert username.endswith(":cara")
    assert credential == hmac_of("north", username)


# --- placing a call -------------------------------------------------------------------------------------------------


@pytest.mark.req("S2.2")
def test_a_number_is_enough_to_call(client: Client, place) -> None:
    response = post(client, CALLS, NUMBER)
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    data = response.json()["data"]
    call = Call.objects.get()
    assert data["call"]["id"] == data["call"]["sessionId"] == str(call.pk)
    assert data["call"]["callerNumber"] == NUMBER["callerNumber"]
    assert data["call"]["status"] == "RINGING"
    assert data["call"]["createdAt"]
    assert client.get(f"{CALLS}/{call.pk}", headers=by_token(data["token"])).status_code == 200
    assert call.consented_at is None


@pytest.mark.req("S2.2")
def test_the_receiver_is_the_code_of_a_place(client: Client, place) -> None:
    other = a_place(name="other", is_default=False)
    body = NUMBER | {"receiverNumber": other.code, "topic": "세금", "language": "en", "consent": True}
    assert post(client, CALLS, body).json()["data"]["call"]["receiverNumber"] == other.code
    call = Call.objects.get()
    assert (call.place, call.topic, call.language, call.source) == (other, "세금", "en", "api")
    assert call.consented_at is not None


@pytest.mark.parametrize("code", ["made-up", "x" * 32])
def test_a_made_up_receiver_is_not_found(client: Client, place, code: str) -> None:
    assert error_of(post(client, CALLS, NUMBER | {"receiverNumber": code})) == (404, "not_found")


def test_a_disabled_place_is_not_found(client: Client) -> None:
    a_place(is_active=False)
    assert error_of(post(client, CALLS, NUMBER)) == (404, "not_found")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"callerNumber": None}, "callerNumber"),
        ({"callerNumber": ""}, "callerNumber"),
        ({"callerNumber": "1234"}, "callerNumber"),
        ({"callerNumber": "0" * 121}, "callerNumber"),
        ({"callerNumber": {"a": 1}}, "callerNumber"),
        ({"callerNumber": "010\x001234567"}, "callerNumber"),
        ({"callerNumber": "010-1234-567\ud800"}, "callerNumber"),
        ({"topic": "no such topic"}, "topic"),
        ({"language": "fr"}, "language"),
        ({"question": "x" * 501}, "question"),
        ({"name": ["a"]}, "name"),
        ({"consent": False}, "consent"),
        ({"consent": "perhaps"}, "consent"),
        ({"receiverNumber": 10**40}, "receiverNumber"),
    ],
)
def test_what_the_page_would_refuse_is_refused_by_field(
    client: Client, place, changed: dict[str, Any], field: str
) -> None:
    response = post(client, CALLS, NUMBER | changed)
    assert error_of(response) == (400, "invalid")
    assert list(response.json()["error"]["fields"]) == [field]
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", (400, "invalid")),
        ("{", (400, "malformed")),
        ("[" * 30_000, (400, "malformed")),
        ('{"a": NaN}', (400, "malformed")),
        ('{"a": ' + "9" * 5000 + "}", (400, "malformed")),
        (b"\xff\xfe{}", (400, "malformed")),
        ("[]", (400, "invalid")),
        ("7", (400, "invalid")),
        ('"text"', (400, "invalid")),
        ("null", (400, "invalid")),
        (json.dumps({"callerNumber": "0" * 70_000}), (413, "too_large")),
    ],
)
@pytest.mark.req("S2.11")
def test_a_body_that_cannot_be_read_is_no_fault_of_ours(
    client: Client, place, body: str | bytes, expected: tuple[int, str]
) -> None:
    assert error_of(post(client, CALLS, body)) == expected


def test_other_kinds_of_body_and_verbs_have_codes(client: Client, place) -> None:
    assert error_of(client.post(CALLS, {"callerNumber": "1"})) == (415, "unsupported_media_type")
    assert error_of(client.delete(CALLS)) == (405, "method_not_allowed")


@pytest.mark.req("S2.11")
def test_placing_calls_is_limited(client: Client, place, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"place-call": "2/min", "read": "9/min"})
    for _ in range(2):
        assert post(client, CALLS, NUMBER).status_code == 201
    refused = post(client, CALLS, NUMBER)
    assert error_of(refused) == (429, "too_many_requests")
    assert refused.json()["error"]["retryAfter"] > 0


# --- reading, connecting, ending ------------------------------------------------------------------------------------


@pytest.mark.req("S2.3")
@pytest.mark.req("S2.4")
def test_a_call_by_rest_from_ringing_to_ended(client: Client, place) -> None:
    alice = on_duty(an_agent())
    placed = post(client, CALLS, NUMBER).json()["data"]
    path, cara = f"{CALLS}/{placed['call']['id']}", by_token(placed["token"])
    assert error_of(post(client, f"{path}/connect", **cara)) == (409, "wrong_state")
    answered = post(client, f"{path}/connect", **bearer(alice)).json()["data"]["call"]
    assert (answered["status"], answered["agent"]["name"]) == ("CONNECTING", alice.name)
    talking = post(client, f"{path}/connect", {"path": "relayed"}, **cara).json()["data"]["call"]
    assert talking["status"] == "IN_PROGRESS"
    for _ in range(2):
        ended = post(client, f"{path}/end", **cara).json()["data"]["call"]
        assert (ended["status"], ended["reason"]) == ("ENDED", "hang_up")
    assert client.get(path, headers=bearer(alice)).json()["data"]["call"] == ended


@pytest.mark.req("S2.4")
def test_a_call_that_nobody_answered_fails(client: Client, place) -> None:
    cara = cara_calls(place)
    ended = post(client, f"{CALLS}/{cara.call.pk}/end", **by_token(cara.token)).json()["data"]["call"]
    assert (ended["status"], ended["reason"]) == ("FAILED", "abandoned")


@pytest.mark.req("S5.5")
@pytest.mark.parametrize("verb", ["", "/connect", "/end"])
def test_strangers_and_others_calls(client: Client, place, verb: str) -> None:
    cara, other = cara_calls(place), cara_calls(place)
    alice = an_agent()
    path = f"{CALLS}/{cara.call.pk}{verb}"
    ask = (
        (lambda **headers: post(client, path, **headers))
        if verb
        else (lambda **h: client.get(path, headers=h))
    )
    assert error_of(ask()) == (401, "not_authenticated")
    assert error_of(ask(Authorization="Call made-up")) == (401, "token_invalid")
    assert error_of(ask(Authorization="Call")) == (401, "token_invalid")
    assert error_of(ask(Authorization="Bearer made-up")) == (401, "token_invalid")
    assert error_of(ask(Authorization="Basic YTpi")) == (401, "not_authenticated")
    assert error_of(ask(**by_token(other.token))) == (404, "not_found")
    assert error_of(ask(**bearer(alice))) == (404, "not_found")
    cara.call.refresh_from_db()
    assert cara.call.status == "RINGING"


def test_an_expired_token_opens_nothing(client: Client, place) -> None:
    cara = cara_calls(place)
    Call.objects.update(token_expires_at=cara.call.created_at)
    response = client.get(f"{CALLS}/{cara.call.pk}", headers=by_token(cara.token))
    assert error_of(response) == (401, "token_invalid")


@pytest.mark.req("S1.10")
def test_a_revoked_jwt_opens_nothing(client: Client, place) -> None:
    alice = an_agent()
    cara, headers = talking(alice, place), bearer(alice)
    assert client.get(f"{CALLS}/{cara.call.pk}", headers=headers).status_code == 200
    alice.set_password("another long password")
    alice.save()
    assert error_of(client.get(f"{CALLS}/{cara.call.pk}", headers=headers)) == (401, "token_invalid")


def test_a_supervisor_may_look_on_and_not_act(client: Client, place) -> None:
    bob = a_supervisor()
    stranger = a_supervisor("carol", queue=a_queue("other", a_team("other")))
    cara = talking(an_agent(), place)
    path = f"{CALLS}/{cara.call.pk}"
    assert client.get(path, headers=bearer(bob)).status_code == 200
    for verb in ("connect", "end"):
        assert error_of(post(client, f"{path}/{verb}", **bearer(bob))) == (403, "forbidden")
    assert error_of(client.get(path, headers=bearer(stranger))) == (404, "not_found")


def test_the_offer_of_another_agent_is_not_answered(client: Client, place) -> None:
    on_duty(an_agent())
    bob = on_duty(an_agent("bob"))
    cara = cara_calls(place)
    assert error_of(post(client, f"{CALLS}/{cara.call.pk}/connect", **bearer(bob))) == (404, "not_found")


@pytest.mark.parametrize(
    "call_id",
    ["1", "x" * 500, "%00", "%F0%9F%98%80", "9" * 400, "81cca0b3-3ce9-4ba4-9184-e51541f850dd", "config%00"],
)
def test_what_is_no_id_of_ours_is_not_found(client: Client, place, call_id: str) -> None:
    cara = cara_calls(place)
    for headers in (by_token(cara.token), bearer(an_agent())):
        assert error_of(client.get(f"{CALLS}/{call_id}", headers=headers)) == (404, "not_found")


@pytest.mark.parametrize("path", ["pigeon", 7, None, ["direct"]])
def test_a_made_up_path_is_refused(client: Client, place, path: Any) -> None:
    cara = cara_calls(place)
    response = post(client, f"{CALLS}/{cara.call.pk}/connect", {"path": path}, **by_token(cara.token))
    assert error_of(response) == (400, "invalid")


# --- the description ------------------------------------------------------------------------------------------------


@pytest.mark.req("S2.10")
def test_the_description_lists_every_verb_with_its_refusals(client: Client) -> None:
    schema = client.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    paths = schema["paths"]
    assert {"/api/v1/calls", "/api/v1/calls/config", "/api/v1/calls/{call_id}"} <= set(paths)
    connect = paths["/api/v1/calls/{call_id}/connect"]["post"]
    assert {"200", "400", "401", "403", "404", "409", "429"} <= set(connect["responses"])
    assert {"callToken": []} in connect["security"]
    assert schema["components"]["securitySchemes"]["callToken"]["name"] == "Authorization"


@pytest.mark.req("S2.10")
def test_the_page_of_the_description_needs_no_other_host_and_no_inline_script(client: Client) -> None:
    page = client.get("/api/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "https://" not in text
    assert "<script>" not in text
    assert "<style" not in text
