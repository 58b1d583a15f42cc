"""The pages of rooms: who sees which, and how a room is made."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from calls.actions import chat, room_hosts, rooms
from calls.actions.calls import end_call
from calls.actions.room_list import rooms_of
from calls.models import Membership, Room
from tests.calls.test_customer_pages import page_config
from tests.cast import an_agent, talking

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def alice(client: Client) -> User:
    alice = an_agent("alice", language="ko")
    client.force_login(alice)
    return alice


@pytest.fixture
def ben(alice: User) -> User:
    return an_agent("ben")


def make(client: Client, **fields: object) -> object:
    return client.post("/rooms/", {"kind": "meeting", "name": "아침 회의", **fields})


@pytest.mark.parametrize("address", ["/rooms/", "/rooms/1c7a2f6e-8f6b-4d3e-9a58-0d6f1f6f2b11/"])
def test_a_stranger_is_sent_to_the_log_in(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"?next={address}")


@pytest.mark.req("S3.1")
def test_a_room_is_made_and_its_page_opened(client, alice, ben) -> None:
    answer = make(client, members=[ben.pk], networks="127.0.0.0/8, 10.0.0.1")
    room = Room.objects.get()
    assert answer["Location"] == f"/rooms/{room.pk}/"
    assert (room.kind, room.ip_allow) == ("meeting", ["127.0.0.0/8", "10.0.0.1"])
    assert set(Membership.objects.values_list("user__username", "role")) == {
        ("alice", "host"),
        ("ben", "member"),
    }
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "아침 회의" in page.content.decode()
    config = page_config(page.content.decode())
    assert (config["roomId"], config["role"], config["kind"]) == (str(room.pk), "host", "meeting")
    assert page.context["token_url"] == config["tokenUrl"] == "/desk/token"


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"kind": "call"}, {"networks": "everywhere"}, {"members": ["999"]}, {"name": "x" * 81}],
)
def test_what_is_wrong_is_said_on_the_form(client, alice, wrong) -> None:
    answer = make(client, **wrong)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Room.objects.exists()


def test_nobody_of_another_team_can_be_invited(client, alice) -> None:
    stranger = User.objects.create_user("stranger", None, name="남")
    assert make(client, members=[stranger.pk]).status_code == 422


@pytest.mark.req("S4.1")
@pytest.mark.req("S5.5")
def test_mallory_reads_that_the_room_is_for_others(client, alice, ben) -> None:
    room = rooms.create_room(ben, "meeting", "비밀 회의")
    for room_id in (room.pk, uuid.uuid4(), talking(ben).call.pk):
        answer = client.get(f"/rooms/{room_id}/")
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "비밀 회의" not in page
        assert 'data-refusal="not_member"' in page
        assert "이 방의 구성원이 아닙니다" in page


@pytest.mark.req("S3.5")
def test_a_room_is_not_shown_to_an_address_that_may_not_enter(client, alice) -> None:
    room = rooms.create_room(alice, "voice", "안", ip_allow=["203.0.113.0/24"])
    answer = client.get(f"/rooms/{room.pk}/")
    assert answer.status_code == 403
    assert 'data-refusal="ip_refused"' in answer.content.decode()


def test_the_list_shows_who_is_in_and_what_is_unread_and_rooms_with_people_first(client, alice, ben) -> None:
    rooms.create_room(alice, "meeting", "가")
    busy = rooms.create_room(ben, "voice", "나", members=[alice.pk])
    party = rooms.enter(ben, busy.pk, "127.0.0.1")
    chat.send(chat.author_in_room(party), "m1", "안녕")
    chat.send(chat.author_in_room(party), "m2", "안녕")
    first, second = rooms_of(alice)
    assert (first.room.name, [p.name for p in first.people], first.is_host, first.unread) == (
        "나",
        ["ben"],
        False,
        2,
    )
    assert (second.room.name, second.people, second.is_host, second.unread) == ("가", [], True, 0)
    assert first.since is not None
    assert "ben" in client.get("/rooms/").content.decode()
    chat.read(chat.author_in_room(rooms.enter(alice, busy.pk, "127.0.0.1")), 2)
    assert rooms_of(alice)[0].unread == 0
    assert rooms_of(ben)[0].unread == 0


def test_rooms_of_calls_and_closed_ones_are_not_listed(client, alice) -> None:
    cara = talking(alice)
    chat.send(chat.author_in_call(cara.party), "m1", "안녕")
    end_call(cara.party)
    room_hosts.close_room(alice, rooms.create_room(alice, "meeting", "어제"))
    assert rooms_of(alice) == []


def test_more_rooms_cost_no_more_queries(client, alice, ben) -> None:
    def rows(number: int) -> None:
        for each in range(number):
            room = rooms.create_room(alice, "meeting", f"{number}-{each}", members=[ben.pk])
            for user in (alice, ben):
                chat.send(chat.author_in_room(rooms.enter(user, room.pk, "127.0.0.1")), "m", "안녕")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/rooms/").status_code == 200
        return len(seen)

    rows(1)
    client.get("/rooms/")
    few = queries()
    rows(4)
    assert queries() == few
