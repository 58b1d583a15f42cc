"""What was written in a call stands in its record: masked, with its files, for who may open the record."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from calls.access import customer_party, staff_party
from calls.actions import chat, direct_files, files
from calls.actions.calls import end_call
from calls.actions.retention import erase_call
from calls.models import Call, Queue
from tests.cast import Cara, a_queue, a_team, an_agent, talking
from tests.transcripts.scene import PROFANE

pytestmark = [pytest.mark.db, pytest.mark.one_database, pytest.mark.django_db, pytest.mark.req("S1.11")]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 600


@pytest.fixture
def alice() -> User:
    return an_agent()


@pytest.fixture
def cara(alice: User) -> Cara:
    """She wrote, sent a picture, and offered another one directly; alice answered."""
    made = talking(alice)
    Queue.objects.update(direct_files=True)
    hers = customer_party(made.token)
    his = staff_party(alice, made.call.pk)
    assert hers is not None
    assert his is not None
    author = chat.author_in_call(hers)
    chat.send(author, "a", f"사진 보냅니다 {PROFANE} 010-9876-5432로 연락 주세요")
    chat.send(author, "b", "", files.take(author, "사진.png", [PNG]).pk)
    direct_files.offer(
        author, "c", direct_files.Told("큰 사진 010-9876-5432.png", 50_000_000, "0" * 64, PNG[:512])
    )
    chat.send(chat.author_in_call(his), "d", "잘 받았습니다")
    end_call(made.party)
    return made


async def content_of(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def page(client: Client, call: Call) -> str:
    return client.get(reverse("transcripts:record", args=[call.pk])).content.decode()


def test_it_is_read_in_order_and_masked(client: Client, alice: User, cara: Cara) -> None:
    client.force_login(alice)
    shown = page(client, cara.call)
    places = [shown.index(words) for words in ("사진 보냅니다", "사진.png", "큰 사진", "잘 받았습니다")]
    assert places == sorted(places)
    assert "●●●" in shown[places[0] : places[1]]
    assert "씨발" not in shown
    assert "010-9876-5432" not in shown
    assert "제안됨" in shown[places[2] :]


def test_what_is_looked_at_again_and_again_does_not_read_it(client: Client, alice: User, cara: Cara) -> None:
    client.force_login(alice)
    address = reverse("transcripts:parts", args=[cara.call.pk])
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert not [each for each in queries if "calls_message" in each["sql"]]


def test_its_file_is_had_by_who_may_see_the_call(client: Client, alice: User, cara: Cara) -> None:
    sent = cara.call.room.attachments.get()
    address = reverse("transcripts:file", args=[cara.call.pk, sent.pk])
    client.force_login(alice)
    assert address in page(client, cara.call)
    answer = client.get(address)
    assert async_to_sync(content_of)(answer) == PNG
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    client.force_login(an_agent("eve", queue=a_queue("다른 곳", a_team("다른 팀"))))
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302


def test_nothing_of_it_is_left_of_an_erased_call(client: Client, alice: User, cara: Cara) -> None:
    erase_call(cara.call.pk)
    client.force_login(alice)
    shown = page(client, cara.call)
    assert "data-written" not in shown
    assert "사진 보냅니다" not in shown
