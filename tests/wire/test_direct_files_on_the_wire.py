"""A file is offered, accepted and marked over the socket, by those in its call and by nobody else."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from rest_framework.throttling import ScopedRateThrottle

from calls.models import Message, Queue
from tests.cast import cara_calls, talking
from tests.wire.pages import Refused, TestPage, both_in_call, db

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]

CONTENT = b"%PDF-1.7 " + b"x" * 1000


def a_file(client_id: str = "f") -> dict[str, Any]:
    return {
        "clientId": client_id,
        "name": "신청서.pdf",
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "head": base64.b64encode(CONTENT[:512]).decode(),
    }


@pytest.mark.req("S1.11")
async def test_a_file_is_offered_accepted_and_arrives(staff) -> None:
    cara = await db(talking, staff[0])
    await db(lambda: Queue.objects.update(direct_files=True))
    hers, his = await both_in_call(staff[0], cara)
    sent = await his.request("offer-file", **a_file())
    assert await his.request("offer-file", **a_file()) == sent
    got = await hers.next("message-received")
    assert got["message"] == sent["message"]
    for state in ("accepted", "arrived"):
        assert await hers.request("mark-file", seq=1, mark=state) == {"state": state}
        told = await his.next("file-marked")
        assert (told["callId"], told["seq"], told["state"]) == (str(cara.call.pk), 1, state)
    state = await his.request("read-chat")
    assert [m["direct"]["state"] for m in state["messages"]] == ["arrived"]
    for page in (hers, his):
        await page.__aexit__(None, None, None)


async def test_a_stranger_offers_nothing_into_a_call_and_marks_nothing_there(staff) -> None:
    cara = await db(talking, staff[0])
    other = await db(cara_calls)
    await db(lambda: Queue.objects.update(direct_files=True))
    async with TestPage() as his, TestPage() as mallory:
        await his.joins(token=cara.token)
        await his.request("offer-file", **a_file())
        await mallory.joins(token=other.token)
        for kind, fields in (("offer-file", a_file("x")), ("mark-file", {"seq": 1, "mark": "accepted"})):
            with pytest.raises(Refused, match="not_found"):
                await mallory.request(kind, **fields, callId=str(cara.call.pk))
        for fields in ({"sha256": "A" * 64}, {"head": "?"}, {"size": 0}, {"name": ""}):
            with pytest.raises(Refused, match="malformed"):
                await his.request("offer-file", **(a_file("y") | fields))
    assert await db(Message.objects.count) == 1


async def test_offers_are_counted_with_the_words(staff, monkeypatch) -> None:
    cara = await db(talking, staff[0])
    await db(lambda: Queue.objects.update(direct_files=True))
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "chat", "2/min")
    async with TestPage() as his:
        await his.joins(token=cara.token)
        await his.request("send-message", clientId="a", text="하나")
        await his.request("offer-file", **a_file())
        with pytest.raises(Refused, match="too_many_requests"):
            await his.request("offer-file", **a_file("g"))
