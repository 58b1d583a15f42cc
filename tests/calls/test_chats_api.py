"""Written words and files at the API: once, masked, looked through, sealed, and each for its own people."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from calls.access import Party
from calls.actions import files, retention
from calls.actions.calls import end_call, leave_call
from calls.models import (
    Attachment,
    Message,
    Room,
)
from tests.calls.test_api import bearer, by_token, error_of, post
from tests.cast import an_agent, ben, cara_calls, on_duty, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]


ROOMS = "/api/v1/rooms"


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


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


def content(response) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(read)()


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
    assert content(got) == PNG
    assert got["Content-Disposition"].startswith("attachment")
    assert got["X-Content-Type-Options"] == "nosniff"
    shown = client.get(f"{file['url']}?preview=1", headers=bearer(alice))
    assert shown["Content-Disposition"].startswith("inline")
    assert content(shown) == PNG
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


def written(client, room, number: int, user: User) -> None:
    for each in range(number):
        body = {"clientId": f"m{each}", "text": f"{each}"}
        post(client, f"{ROOMS}/{room.pk}/messages", body, **bearer(user))


def test_a_stored_file_cannot_be_read_from_the_disk(client, alice, meeting, settings) -> None:
    secret = b"the words of a file that nobody else may read"
    file = upload(client, meeting, "a.txt", secret, **bearer(alice)).json()["data"]["file"]
    [stored] = (settings.DATA_DIR / "files" / str(meeting.pk)).iterdir()
    assert stored.name == f"{file['attachmentId']}.sealed"
    assert secret not in stored.read_bytes()
    stored.write_bytes(stored.read_bytes()[:-1])
    assert error_of(client.get(file["url"], headers=bearer(alice))) == (404, "not_found")
    stored.unlink()
    assert error_of(client.get(file["url"], headers=bearer(alice))) == (404, "not_found")


def test_a_picture_is_shown_to_a_page_that_is_logged_in_by_cookie(client, alice, meeting) -> None:
    file = upload(client, meeting, "x.png", PNG, **bearer(alice)).json()["data"]["file"]
    client.force_login(alice)
    assert content(client.get(f"{file['url']}?preview=1")) == PNG
    client.force_login(an_agent("mallory"))
    assert error_of(client.get(file["url"])) == (403, "not_member")
    client.logout()
    assert error_of(client.get(file["url"])) == (401, "not_authenticated")


def test_a_cookie_alone_sends_nothing(meeting) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben())
    refused = post(strict, f"{ROOMS}/{meeting.pk}/messages", {"clientId": "a", "text": "x"})
    assert refused.status_code == 403
    assert not Message.objects.exists()


@pytest.mark.req("S1.11")
def test_a_customers_token_counts_as_a_bearers_too(client, alice) -> None:
    cara = talking(alice)
    here = f"{ROOMS}/{cara.call.pk}"
    by_bearer = {"Authorization": f"Bearer {cara.token}"}
    file = upload(client, Room(pk=cara.call.pk), "x.png", PNG, **by_bearer).json()["data"]["file"]
    assert content(client.get(file["url"], headers=by_bearer)) == PNG
    assert content(client.get(file["url"], headers=bearer(alice))) == PNG
    wrong = {"Authorization": "Bearer made-up"}
    assert error_of(client.get(f"{here}/messages", headers=wrong)) == (401, "token_invalid")


@pytest.mark.req("S4.6")
def test_a_host_changes_the_room_and_a_member_does_not(client, alice, meeting) -> None:
    here = f"{ROOMS}/{meeting.pk}"
    wanted = {"name": "저녁 회의", "locked": True, "ipAllow": ["10.0.0.0/8"], "permissions": {"chat": "host"}}
    refused = client.patch(here, wanted, content_type="application/json", headers=bearer(ben()))
    assert error_of(refused) == (403, "forbidden")
    done = client.patch(here, wanted, content_type="application/json", headers=bearer(alice))
    room = done.json()["data"]["room"]
    assert {name: room[name] for name in ("name", "locked", "ipAllow")} == {
        name: wanted[name] for name in ("name", "locked", "ipAllow")
    }
    assert room["permissions"] == {"chat": "host", "share": "all", "unmute": "all"}
    assert [(each["userId"], each["role"]) for each in room["members"]] == [
        (alice.pk, "host"),
        (ben().pk, "member"),
    ]
    for wrong in ({"ipAllow": ["nowhere"]}, {"permissions": {"chat": "nobody"}}, {"name": ""}):
        broken = client.patch(here, wrong, content_type="application/json", headers=bearer(alice))
        assert error_of(broken) == (400, "invalid")
    assert error_of(upload(client, meeting, "x.png", PNG, **bearer(ben()))) == (403, "forbidden")


def test_who_has_missed_many_messages_gets_all_in_order(client, alice, meeting) -> None:
    written(client, meeting, 7, alice)
    here = f"{ROOMS}/{meeting.pk}/messages"

    def seqs(query: str) -> list[int]:
        answer = client.get(f"{here}?{query}", headers=bearer(alice))
        return [message["seq"] for message in answer.json()["data"]["messages"]]

    assert seqs("after=2&limit=3") == [3, 4, 5]
    assert seqs("after=5&limit=3") == [6, 7]
    assert seqs("after=7") == []
    assert seqs("limit=2") == [6, 7]
    assert seqs("before=4&limit=2") == [2, 3]
    assert seqs("after=x&limit=-1") == [1, 2, 3, 4, 5, 6, 7]


def test_old_words_and_files_of_meetings_are_erased_and_files_that_were_never_sent(
    client, alice, meeting, settings
) -> None:
    sent, unsent, new = (
        upload(client, meeting, "x.png", PNG, **bearer(alice)).json()["data"]["file"]["attachmentId"]
        for _ in range(3)
    )
    here = f"{ROOMS}/{meeting.pk}/messages"
    for client_id, file in (("a", sent), ("b", None), ("c", new)):
        more = {"attachmentId": file} if file else {"text": "둘"}
        post(client, here, {"clientId": client_id} | more, **bearer(alice))
    old = timezone.now() - timedelta(days=settings.RETENTION_DAYS + 1)
    Message.objects.filter(client_id="a").update(created_at=old)
    Attachment.objects.update(created_at=old)
    assert retention.erase_old_words() > 0
    assert [message.client_id for message in Message.objects.order_by("seq")] == ["b", "c"]
    assert str(Attachment.objects.get().pk) == new
    assert [path.name for path in (settings.DATA_DIR / "files" / str(meeting.pk)).iterdir()] == [
        f"{new}.sealed"
    ]
    assert retention.erase_old_words() == 0
    del unsent


def test_nothing_is_added_to_an_erased_call(client, alice) -> None:
    cara = talking(alice)
    retention.erase_call(cara.call.pk)
    room = Room(pk=cara.call.pk)
    assert error_of(upload(client, room, "x.png", PNG, **bearer(alice))) == (409, "wrong_state")
    body = {"clientId": "a", "text": "x"}
    refused = post(client, f"{ROOMS}/{room.pk}/messages", body, **bearer(alice))
    assert error_of(refused) == (409, "wrong_state")


@pytest.mark.req("S1.6")
def test_abuse_in_a_files_name_is_masked(client, alice) -> None:
    cara = talking(alice)
    file = upload(client, Room(pk=cara.call.pk), "씨발 새끼야.png", PNG, **by_token(cara.token)).json()[
        "data"
    ]["file"]
    assert "씨발" not in file["name"]
    assert file["name"].endswith(".png")


def test_the_files_of_a_room_do_not_fill_the_disk(client, alice, meeting, monkeypatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES_PER_ROOM", files.MAX_BYTES + len(PNG) - 1)
    assert upload(client, meeting, "x.png", PNG, **bearer(alice)).status_code == 201
    assert error_of(upload(client, meeting, "y.png", PNG, **bearer(alice))) == (413, "too_large")
    monkeypatch.setattr(files, "MAX_BYTES_PER_ROOM", 2**60)
    monkeypatch.setattr(files, "LEFT_FREE_BYTES", 2**60)
    assert error_of(upload(client, meeting, "y.png", PNG, **bearer(alice))) == (503, "storage_failed")


def test_one_customers_haste_slows_no_other_down(client, alice, monkeypatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "chat", "1/min")
    first, second = talking(alice), cara_calls()

    def reads(cara) -> int:
        return client.get(f"{ROOMS}/{cara.call.pk}/messages", headers=by_token(cara.token)).status_code

    assert [reads(first), reads(first), reads(second)] == [200, 429, 200]


def test_an_agent_who_has_left_a_call_reads_its_chat_no_more_and_one_who_stayed_does(client, alice) -> None:
    stayed, left = talking(alice), talking(on_duty(an_agent("dora")))
    dora = User.objects.get(username="dora")

    def read(cara, user: User) -> int:
        return client.get(f"{ROOMS}/{cara.call.pk}/messages", headers=bearer(user)).status_code

    leave_call(Party(left.call, left.call.participants.get(user=dora)))
    assert (read(left, dora), read(stayed, alice)) == (403, 200)
    end_call(stayed.party)
    assert read(stayed, alice) == 200
    assert read(stayed, dora) == 403
