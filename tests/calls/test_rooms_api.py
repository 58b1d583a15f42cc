"""Rooms at the API, and the files of their chats."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from calls.access import RoomParty
from calls.actions import room_hosts, rooms
from calls.models import (
    Membership,
    Participation,
    QualitySample,
    RoomSession,
)
from tests.calls.test_api import bearer, error_of, post
from tests.cast import an_agent, ben

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


ROOMS = "/api/v1/rooms"


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


@pytest.mark.req("S4.5")
def test_a_meeting_is_made_started_joined_and_left(client, alice) -> None:
    ben = an_agent("ben")
    made = post(client, ROOMS, {"kind": "meeting", "name": "회의", "memberIds": [ben.pk]}, **bearer(alice))
    assert made.status_code == 201
    here = f"{ROOMS}/{made.json()['data']['room']['id']}"
    assert [room["name"] for room in client.get(ROOMS, headers=bearer(ben)).json()["data"]["rooms"]] == [
        "회의"
    ]
    first = post(client, f"{here}/start", **bearer(ben)).json()["data"]
    again = post(client, f"{here}/start", **bearer(alice)).json()["data"]
    assert (first["started"], again["started"]) == (True, False)
    assert first["session"]["id"] == again["session"]["id"]
    joined = post(client, f"{here}/join", **bearer(alice)).json()["data"]["state"]
    assert joined["role"] == "host"
    status = client.get(f"{here}/status", headers=bearer(ben)).json()["data"]
    assert [person["name"] for person in status["present"]] == ["김서연"]
    assert status["online"] == [alice.pk]
    assert post(client, f"{here}/leave", **bearer(alice)).json()["data"]["left"] is True
    assert post(client, f"{here}/leave", **bearer(alice)).json()["data"]["left"] is False
    assert RoomSession.objects.get().ended_at is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "call", "name": "x"},
        {"kind": "voice", "name": "x", "ipAllow": ["nowhere"]},
        {"kind": "voice", "name": "x" * 81},
    ],
)
def test_a_room_that_cannot_be_is_refused(client, alice, body) -> None:
    assert error_of(post(client, ROOMS, body, **bearer(alice))) == (400, "invalid")


def test_colleagues_whom_one_cannot_see_cannot_be_invited(client, alice) -> None:
    body = {"kind": "voice", "name": "x", "memberIds": [99_999]}
    assert error_of(post(client, ROOMS, body, **bearer(alice))) == (404, "not_found")


def test_a_room_costs_the_same_statements_however_many_are_in(client, alice, meeting) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(f"{ROOMS}/{meeting.pk}/status", headers=bearer(alice))
        return len(seen)

    rooms.enter(alice, meeting.pk, "")
    few = statements()
    more = [an_agent(f"agent{n}") for n in range(4)]
    room_hosts.add_members(alice, meeting, [user.pk for user in more])
    for user in more:
        rooms.enter(user, meeting.pk, "")
    assert statements() == few


def leave_membership(client, room, by: User, *members: User):
    body = {"memberIds": [member.pk for member in members]}
    return client.delete(
        f"{ROOMS}/{room.pk}/members", body, content_type="application/json", headers=bearer(by)
    )


@pytest.mark.req("S4.6")
def test_memberships_are_taken_by_the_host_and_given_back_by_their_holder(client, alice, meeting) -> None:
    chris = an_agent("chris")
    room_hosts.add_members(alice, meeting, [chris.pk])
    rooms.enter(ben(), meeting.pk, "")
    assert error_of(leave_membership(client, meeting, ben(), chris)) == (403, "forbidden")
    assert error_of(leave_membership(client, meeting, alice, alice)) == (409, "wrong_state")
    assert leave_membership(client, meeting, alice, ben()).json()["data"]["removed"] == 1
    assert not Participation.objects.present().exists()
    assert leave_membership(client, meeting, chris, chris).json()["data"]["removed"] == 1
    assert Membership.objects.get(room=meeting).user == alice
    assert error_of(client.get(f"{ROOMS}/{meeting.pk}", headers=bearer(chris))) == (403, "not_member")


def test_the_description_of_the_api_is_sound() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=os.devnull)


@pytest.mark.req("S4.4")
@pytest.mark.req("S4.8")
def test_what_is_kept_of_sessions_can_be_read_by_members(client, alice, meeting) -> None:
    here = f"{ROOMS}/{meeting.pk}/sessions"

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            client.get(here, headers=bearer(alice))
        return len(seen)

    party = rooms.enter(alice, meeting.pk, "")
    for level, rtt in (("good", 20), ("poor", 400)):
        QualitySample.objects.create(
            participation=party.participation, level=level, rtt_ms=rtt, loss_percent=1, kbps=100
        )
    few = statements()
    rooms.enter(ben(), meeting.pk, "")
    Participation.objects.filter(user=alice).update(
        joined_at=timezone.now() - timedelta(seconds=60), muted_since=timezone.now() - timedelta(seconds=30)
    )
    rooms.leave(RoomParty(meeting, party.participation, is_host=True))
    [session] = client.get(here, headers=bearer(alice)).json()["data"]["sessions"]
    assert session["endedAt"] is None
    first, second = session["participants"]
    assert (first["presentSeconds"], first["mutedSeconds"], second["leftAt"]) == (60, 30, None)
    assert first["quality"] == {
        "good": 1, "fair": 0, "poor": 1, "rttMs": 210, "lossPercent": 1, "kbps": 100,
    }  # fmt: skip
    assert second["quality"] is None
    assert statements() == few
    assert error_of(client.get(here, headers=bearer(an_agent("mallory")))) == (403, "not_member")
