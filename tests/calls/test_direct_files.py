"""A file that goes from device to device: judged by what is told of it, put on record, and never at the server."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from accounts.models import User
from calls.access import Party, customer_party, staff_party
from calls.actions import chat, direct_files
from calls.actions.calls import use_relayed_path
from calls.actions.direct_files import Told
from calls.actions.errors import ActionError
from calls.actions.snapshots import snapshot
from calls.models import Attachment, Message, Queue
from calls.models.chat import HandingOver
from tests.cast import Cara, a_queue, talking

pytestmark = [pytest.mark.db, pytest.mark.django_db]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 504


def told(name: str = "사진.png", head: bytes = PNG, size: int = 3_000_000) -> Told:
    return Told(name, size, hashlib.sha256(head).hexdigest(), head)


@pytest.fixture
def cara(alice: User) -> Cara:
    made = talking(alice)
    Queue.objects.update(direct_files=True)
    return made


def his(cara: Cara) -> chat.Author:
    party = customer_party(cara.token)
    assert party is not None
    return chat.author_in_call(party)


def hers(alice: User, cara: Cara) -> chat.Author:
    party = staff_party(alice, cara.call.pk)
    assert party is not None
    return chat.author_in_call(party)


def refused(author: chat.Author, file: Told) -> str:
    with pytest.raises(ActionError) as error:
        direct_files.offer(author, "refused", file)
    assert not Message.objects.exists()
    return error.value.code


@pytest.mark.req("S1.11")
def test_what_is_told_of_a_file_is_kept_once_and_nothing_of_the_file(cara: Cara) -> None:
    sent = direct_files.offer(his(cara), "a", told("../씨발.exe"))
    assert direct_files.offer(his(cara), "a", told("other.png")) == sent
    head = hashlib.sha256(PNG).hexdigest()
    assert sent["direct"] == {
        "name": "●●●.exe.png", "contentType": "image/png", "size": 3_000_000, "sha256": head, "headSha256": head,
        "state": "offered",
    }  # fmt: skip
    assert sent["seq"] == 1
    assert sent["attachment"] is None
    assert chat.latest(his(cara).room) == [sent]
    assert not Attachment.objects.exists()
    Queue.objects.update(direct_files=False)
    assert direct_files.offer(his(cara), "a", told()) == sent


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (told("a.exe", b"MZ\x90\x00" + b"\0" * 508), "type_refused"),
        (told("a.txt", b"<svg xmlns='http://www.w3.org/2000/svg'>", 40), "type_refused"),
        (told(size=direct_files.MAX_BYTES + 1), "too_large"),
        (told(head=PNG[:100]), "malformed"),
    ],
)
def test_programs_pages_and_what_is_too_large_are_not_offered(cara: Cara, file: Told, code: str) -> None:
    assert refused(his(cara), file) == code


def test_only_where_the_queue_lets_it_and_the_call_is_direct(
    cara: Cara, alice: User, settings: Settings, meeting: Any
) -> None:
    settings.ATTACHMENT_SCANNER = "clamd://clamd:3310"
    assert refused(his(cara), told()) == "forbidden"
    settings.ATTACHMENT_SCANNER = ""
    Queue.objects.update(direct_files=False)
    assert refused(his(cara), told()) == "forbidden"
    Queue.objects.update(direct_files=True)
    in_room = chat.Author(f"user:{alice.pk}", "alice", meeting, user=alice)
    assert refused(in_room, told()) == "forbidden"
    party = his(cara).party
    assert isinstance(party, Party)
    use_relayed_path(party)
    assert refused(his(cara), told()) == "wrong_state"


def test_who_receives_says_what_became_of_it_and_who_sends_may_only_give_it_up(
    cara: Cara, alice: User
) -> None:
    direct_files.offer(his(cara), "a", told())
    for state in (HandingOver.ACCEPTED, HandingOver.DECLINED, HandingOver.ARRIVED):
        with pytest.raises(ActionError) as error:
            direct_files.mark(his(cara), 1, state)
        assert error.value.code == "forbidden"
    agent = hers(alice, cara)
    assert direct_files.mark(agent, 1, HandingOver.ARRIVED) == "offered"
    assert direct_files.mark(agent, 1, HandingOver.ACCEPTED) == "accepted"
    assert direct_files.mark(agent, 1, HandingOver.DECLINED) == "accepted"
    assert direct_files.mark(agent, 1, HandingOver.ARRIVED) == "arrived"
    assert direct_files.mark(his(cara), 1, HandingOver.FAILED) == "arrived"
    direct_files.offer(his(cara), "b", told())
    assert direct_files.mark(his(cara), 2, HandingOver.FAILED) == "failed"
    chat.send(agent, "c", "글")
    for seq in (3, 4):
        with pytest.raises(ActionError) as error:
            direct_files.mark(agent, seq, HandingOver.FAILED)
        assert error.value.code == "not_found"


def test_a_scanner_and_files_that_go_past_it_exclude_each_other(settings: Settings, cara: Cara) -> None:
    queue = a_queue("다른 창구")
    cara.call.queue = queue
    assert snapshot(cara.call, for_staff=False)["directFiles"] is False
    queue.direct_files = True
    queue.full_clean()
    assert snapshot(cara.call, for_staff=False)["directFiles"] is True
    settings.ATTACHMENT_SCANNER = "clamd://clamd:3310"
    with pytest.raises(ValidationError) as error:
        queue.full_clean()
    assert list(error.value.message_dict) == ["direct_files"]
    assert snapshot(cara.call, for_staff=False)["directFiles"] is False
