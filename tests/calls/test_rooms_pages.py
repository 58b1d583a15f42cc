"""Alice opens her rooms; who is no member is told nothing."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from calls.actions.rooms import create_room
from calls.models import Room
from tests.calls.test_customer_pages import page_config
from tests.cast import a_queue, an_agent

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db]


@pytest.fixture
def alice() -> User:
    return an_agent("alice", language="ko")


@pytest.fixture
def room(alice: User) -> Room:
    return create_room(alice, "meeting", "금요일 <회의>")


def page(user: User, client: Client, address: str) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stranger_is_sent_to_the_log_in(client: Client, room: Room) -> None:
    for address in ("/rooms/", f"/rooms/{room.pk}/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("accounts:login"))


@pytest.mark.req("S4.1")
def test_who_is_no_member_is_not_told_that_the_room_exists(client: Client, room: Room) -> None:
    mallory = an_agent("mallory", queue=a_queue("other"))
    client.force_login(mallory)
    hers, nobodys = (client.get(f"/rooms/{pk}/") for pk in (room.pk, uuid.uuid4()))
    assert hers.status_code == nobodys.status_code == 403
    assert "회의&gt;" not in hers.content.decode()
    assert "회의&gt;" not in page(mallory, client, "/rooms/")


def test_alice_sees_her_rooms_and_her_colleagues(client: Client, alice: User, room: Room) -> None:
    html = page(alice, client, "/rooms/")
    assert "금요일 &lt;회의&gt;" in html
    assert f'href="/rooms/{room.pk}/"' in html
    assert page_config(html)["roomUrl"] == "/rooms/00000000-0000-0000-0000-000000000000/"


def test_the_page_of_a_room_knows_what_its_script_needs(client: Client, alice: User, room: Room) -> None:
    config = page_config(page(alice, client, f"/rooms/{room.pk}/"))
    assert (config["roomId"], config["kind"], config["role"]) == (str(room.pk), "meeting", "host")
    assert config["tokenUrl"] == "/desk/token"
    assert all(config["strings"].values())


def test_a_voice_room_offers_no_camera_and_no_screen(client: Client, alice: User) -> None:
    voice = create_room(alice, "voice", "쉬는 방")
    html = page(alice, client, f"/rooms/{voice.pk}/")
    assert 'data-control="video"' not in html
    assert 'data-control="share"' not in html
    assert 'data-device="videoinput"' not in html


def test_the_pages_hold_no_inline_style_or_script(client: Client, alice: User, room: Room) -> None:
    for address in ("/rooms/", f"/rooms/{room.pk}/"):
        html = page(alice, client, address)
        assert " style=" not in html
        assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []
        assert re.findall(r" on\w+=", html) == []
