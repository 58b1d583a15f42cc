"""Rooms at the API, and the files of their chats."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from calls.actions import files, retention, rooms
from calls.models import Attachment, Message, Room, RoomSession
from tests.calls.test_api import bearer, by_token, error_of, post
from tests.cast import an_agent, cara_calls, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]

ROOMS = "/api/v1/rooms"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return an_agent("alice")


@pytest.fixture
def meeting(alice: User) -> Room:
    return rooms.create_room(alice, "meeting", "아침 회의", members=[an_agent("ben").pk])


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


@pytest.mark.req("S4.1", "S5.5")
def test_a_stranger_gets_a_sentence_and_a_code(client, meeting) -> None:
    mallory = an_agent("mallory")
    for way in ("", "/status", "/messages"):
        assert error_of(client.get(f"{ROOMS}/{meeting.pk}{way}", headers=bearer(mallory))) == (
            403,
            "not_member",
        )
    for way in ("/start", "/join", "/leave", "/members", "/messages"):
        body = {"memberIds": [mallory.pk], "clientId": "1", "text": "x"}
        refused = post(client, f"{ROOMS}/{meeting.pk}{way}", body, **bearer(mallory))
        assert error_of(refused) == (403, "not_member")
    assert error_of(client.get(ROOMS)) == (401, "not_authenticated")
    assert error_of(client.get(f"{ROOMS}/no-id", headers=bearer(mallory))) == (404, "not_found")


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
    rooms.add_members(alice, meeting, [user.pk for user in more])
    for user in more:
        rooms.enter(user, meeting.pk, "")
    assert statements() == few


# --- written words ----------------------------------------------------------------------------------------------------


@pytest.mark.req("S5.2")
def test_messages_are_sent_once_masked_and_read_in_order(client, alice, meeting) -> None:
    here = f"{ROOMS}/{meeting.pk}/messages"
    for _ in range(2):
        sent = post(client, here, {"clientId": "a", "text": "이 씨발 뭐야"}, **bearer(alice))
        assert sent.status_code == 201
    post(client, here, {"clientId": "b", "text": "둘"}, **bearer(alice))
    found = client.get(here, headers=bearer(alice)).json()["data"]
    assert [(m["seq"], m["text"]) for m in found["messages"]] == [(1, "이 ●●● 뭐야"), (2, "둘")]
    assert [
        m["seq"] for m in client.get(f"{here}?before=2", headers=bearer(alice)).json()["data"]["messages"]
    ] == [1]
    assert error_of(post(client, here, {"clientId": "no spaces", "text": "x"}, **bearer(alice))) == (
        400,
        "invalid",
    )


@pytest.mark.req("S1.11")
def test_a_customer_reaches_the_words_and_files_of_the_own_call_only(client, alice) -> None:
    cara = talking(alice)
    here = f"{ROOMS}/{cara.call.pk}"
    assert (
        post(
            client, f"{here}/messages", {"clientId": "a", "text": "여기요"}, **by_token(cara.token)
        ).status_code
        == 201
    )
    theirs = client.get(f"{here}/messages", headers=bearer(alice)).json()["data"]
    assert [m["text"] for m in theirs["messages"]] == ["여기요"]
    assert theirs["unread"] == 1
    other = cara_calls()
    assert error_of(client.get(f"{here}/messages", headers=by_token(other.token))) == (404, "not_found")
    assert error_of(client.get(f"{ROOMS}/{cara.call.pk}/status", headers=by_token(cara.token))) == (
        403,
        "not_member",
    )


# --- files ------------------------------------------------------------------------------------------------------------


def upload(client, room, name: str, content: bytes, **headers: str):
    return client.post(
        f"{ROOMS}/{room.pk}/files", {"file": SimpleUploadedFile(name, content)}, headers=headers
    )


@pytest.mark.req("S4.10", "S1.11")
def test_a_file_is_uploaded_sent_and_saved(client, alice, meeting) -> None:
    made = upload(client, meeting, "../../사진.png", PNG, **bearer(alice))
    assert made.status_code == 201
    file = made.json()["data"]["file"]
    assert (file["name"], file["contentType"], file["isImage"], file["size"]) == (
        "사진.png",
        "image/png",
        True,
        len(PNG),
    )
    sent = post(
        client,
        f"{ROOMS}/{meeting.pk}/messages",
        {"clientId": "f", "attachmentId": file["attachmentId"]},
        **bearer(alice),
    )
    assert sent.json()["data"]["message"]["attachment"] == file
    got = client.get(file["url"], headers=bearer(alice))
    assert b"".join(got.streaming_content) == PNG
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"
    shown = client.get(f"{file['url']}?preview=1", headers=bearer(alice))
    assert shown["Content-Disposition"].startswith("inline")
    assert b"".join(shown.streaming_content) == PNG
    assert error_of(client.get(file["url"], headers=bearer(an_agent("mallory")))) == (403, "not_member")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("picture.png", b"MZ\x90\0" + b"\0" * 200, (415, "type_refused")),
        ("note.txt", b"<html><script>alert(1)</script>", (415, "type_refused")),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "type_refused")),
        ("run.sh", b"#!/bin/sh\nrm -rf /", (415, "type_refused")),
    ],
)  # fmt: skip
def test_programs_and_pages_are_refused_whatever_they_are_called(
    client, alice, meeting, name, content, expected
) -> None:
    assert error_of(upload(client, meeting, name, content, **bearer(alice))) == expected
    assert not Attachment.objects.exists()


def test_a_file_that_is_too_large_leaves_nothing(
    client, alice, meeting, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    assert error_of(upload(client, meeting, "x.png", PNG * 20, **bearer(alice))) == (413, "too_large")
    folder = settings.DATA_DIR / "files" / str(meeting.pk)
    assert not folder.exists() or not list(folder.iterdir())


def test_somebody_elses_file_cannot_be_sent(client, alice, meeting) -> None:
    file = upload(client, meeting, "x.png", PNG, **bearer(alice)).json()["data"]["file"]
    ben = User.objects.get(username="ben")
    body = {"clientId": "f", "attachmentId": file["attachmentId"]}
    assert error_of(post(client, f"{ROOMS}/{meeting.pk}/messages", body, **bearer(ben))) == (404, "not_found")


@pytest.fixture
def scanner(settings: Settings) -> Iterator[list[bytes]]:
    """A virus scanner that speaks clamd's INSTREAM and finds the word EICAR."""
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                peer, _address = server.accept()
            except OSError:
                return
            with peer:
                assert peer.recv(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack(">I", peer.recv(4, socket.MSG_WAITALL))[0]:
                    content += peer.recv(size, socket.MSG_WAITALL)
                seen.append(content)
                peer.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in content else b"stream: OK\0")

    thread = threading.Thread(target=serve)
    thread.start()
    settings.ATTACHMENT_SCANNER = f"clamd://127.0.0.1:{server.getsockname()[1]}"
    yield seen
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def test_files_are_shown_to_the_virus_scanner_first(client, alice, meeting, scanner) -> None:
    assert upload(client, meeting, "a.txt", b"hello", **bearer(alice)).status_code == 201
    assert error_of(upload(client, meeting, "b.txt", b"X EICAR X", **bearer(alice))) == (422, "infected")
    assert scanner == [b"hello", b"X EICAR X"]


def test_without_an_answer_of_the_scanner_nothing_is_taken(client, alice, meeting, settings) -> None:
    settings.ATTACHMENT_SCANNER = "clamd://127.0.0.1:1"
    assert error_of(upload(client, meeting, "a.txt", b"hello", **bearer(alice))) == (503, "storage_failed")


def test_an_erased_call_keeps_no_words_and_no_files(client, alice, settings) -> None:
    cara = talking(alice)
    room = Room(pk=cara.call.pk)
    upload(client, room, "x.png", PNG, **by_token(cara.token))
    post(client, f"{ROOMS}/{room.pk}/messages", {"clientId": "a", "text": "여기요"}, **by_token(cara.token))
    folder = settings.DATA_DIR / "files" / str(room.pk)
    assert len(list(folder.iterdir())) == 1
    retention.erase_call(cara.call.pk)
    assert not folder.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("..\\..\\a.exe", "a.exe"),
        ("사진\u202egpj.exe", "사진gpj.exe"),
        ("a\x00b.pdf", "ab.pdf"),
        ("", "file"), ("x" * 300 + ".pdf", "x" * 90 + ".pdf")],
)  # fmt: skip
def test_a_name_is_made_harmless(given, shown) -> None:
    assert files.safe_name(given) == shown
