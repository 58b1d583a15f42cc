"""Written words and presence as pages live them: in order, once, masked, told to whom they concern."""

from __future__ import annotations

import logging
import uuid

import pytest
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from calls.actions import chat
from calls.models import Message
from tests.cast import PASSWORD, cara_calls, talking
from tests.wire.pages import Refused, TestPage, both_in_call, db, enter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@pytest.mark.req("S4.10", "S5.2")
async def test_a_message_is_masked_stored_once_and_told_in_order(pages, meeting) -> None:
    room = {"roomId": str(meeting.pk)}
    await enter(pages["alice"], meeting)
    await enter(pages["ben"], meeting)
    sent = await pages["ben"].request("send-message", **room, clientId="a1", text="씨발 이게 뭐야")
    again = await pages["ben"].request("send-message", **room, clientId="a1", text="다른 말")
    assert sent == again
    assert sent["message"]["text"] == "●●● 이게 뭐야"
    await pages["ben"].request("send-message", **room, clientId="a2", text="010-1234-5678로 주세요")
    told = [(await pages["alice"].next("message-received"))["message"] for _ in range(2)]
    assert [(m["seq"], m["text"]) for m in told] == [(1, "●●● 이게 뭐야"), (2, "010-1234-5678로 주세요")]
    assert "씨발" not in str(await db(lambda: list(Message.objects.values())))
    await pages["alice"].request("typing", **room, typing=True)
    assert (await pages["ben"].next("user-typing"))["typing"] is True
    late = await enter(pages["chris"], meeting)
    assert (late["unread"], late["lastSeq"], len(late["messages"])) == (2, 2, 2)
    await pages["chris"].request("read", **room, seq=2)
    mark = await pages["ben"].next("read-mark")
    assert (mark["name"], mark["seq"]) == ("chris", 2)
    await pages["alice"].request("set-permissions", **room, chat="host")
    with pytest.raises(Refused, match="forbidden"):
        await pages["ben"].request("send-message", **room, clientId="a3", text="안녕")


@pytest.mark.req("S1.11", "S5.2")
async def test_customer_and_agent_write_to_each_other_in_their_call(staff) -> None:
    cara = await db(talking, staff[0])
    hers, his = await both_in_call(staff[0], cara)
    sent = await his.request("send-message", clientId="c1", text="주소는 세종로 1이에요")
    got = await hers.next("message-received")
    assert got["callId"] == str(cara.call.pk)
    assert got["message"] == sent["message"]
    await hers.request("send-message", callId=str(cara.call.pk), clientId="x", text="확인했습니다")
    assert (await his.next("message-received"))["message"]["seq"] == 2
    state = await his.request("read-chat")
    assert [m["seq"] for m in state["messages"]] == [1, 2]
    assert state["unread"] == 1
    for page in (hers, his):
        await page.__aexit__(None, None, None)


async def test_a_customer_has_no_part_in_the_chat_of_another_call_or_room(staff, meeting) -> None:
    await db(talking, staff[0])
    other = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=other.token)
        for fields in ({"roomId": str(meeting.pk)}, {"callId": str(uuid.uuid4())}):
            with pytest.raises(Refused, match="not_found"):
                await page.request("send-message", **fields, clientId="c", text="hi")


@pytest.mark.req("S5.3")
async def test_colleagues_see_who_is_there_and_how(pages, staff, meeting) -> None:
    people = (await pages["alice"].request("watch-presence"))["people"]
    assert {each["status"] for each in people} == {"offline"}
    assert len(people) == 4
    await pages["ben"].request("watch-presence")
    assert (await pages["alice"].next("status-change", userId=staff[1].pk))["status"] == "online"
    await pages["ben"].request("set-presence", status="away")
    assert (await pages["alice"].next("status-change", userId=staff[1].pk))["status"] == "away"
    await enter(pages["ben"], meeting)
    assert (await pages["alice"].next("status-change", userId=staff[1].pk))["status"] == "busy"
    assert (await pages["alice"].next("meeting-started"))["name"] == "아침 회의"
    await pages["ben"].request("leave-room", roomId=str(meeting.pk))
    assert (await pages["alice"].next("status-change", userId=staff[1].pk))["status"] == "away"
    await pages["ben"].__aexit__(None, None, None)
    assert (await pages["alice"].next("status-change", userId=staff[1].pk))["status"] == "offline"


@pytest.mark.req("S5.6")
async def test_the_log_tells_who_came_wrote_and_went_but_not_what_was_written(
    staff, meeting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with TestPage() as page:
        await page.logs_in(staff[0])
        peer = (await enter(page, meeting))["peerId"]
        await page.request("send-message", roomId=str(meeting.pk), clientId="m1", text="비밀번호는 나무")
        await page.request("leave-room", roomId=str(meeting.pk))
    own = [line for line in caplog.records if line.name.startswith("calls")]
    assert [line.message for line in own] == [
        "socket opened", "logged in", "session started", "entered room", "message stored", "left room",
        "session ended", "socket closed",
    ]  # fmt: skip
    assert {str(vars(line)["peer"]) for line in own if "peer" in vars(line)} == {peer}
    told = "".join(str(vars(line)) for line in own)
    assert "나무" not in told
    assert "아침" not in told


@pytest.mark.req("S5.2")
async def test_a_page_that_has_missed_more_than_is_shown_asks_until_it_has_all(
    pages, staff, meeting, monkeypatch
) -> None:
    monkeypatch.setattr(chat, "SHOWN", 3)
    monkeypatch.setattr(chat.later, "__defaults__", (3,))
    monkeypatch.setattr(chat.latest, "__defaults__", (0, 3))
    await enter(pages["alice"], meeting)
    for each in range(7):
        await pages["alice"].request(
            "send-message", roomId=str(meeting.pk), clientId=f"m{each}", text=f"{each}"
        )
    state = await enter(pages["ben"], meeting, since=1)
    assert [message["seq"] for message in state["messages"]] == [5, 6, 7]
    found: list[int] = [1]
    while found[-1] < state["lastSeq"]:
        missed = await pages["ben"].request("read-chat", roomId=str(meeting.pk), since=found[-1])
        found += [message["seq"] for message in missed["messages"]]
    assert found == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.req("S5.3")
async def test_presence_is_told_only_to_who_shares_a_team(staff) -> None:
    def an_admin() -> User:
        return User.objects.create_superuser("admin", PASSWORD, name="관리자")

    async with TestPage() as page:
        await page.logs_in(await db(an_admin))
        assert (await page.request("watch-presence"))["people"] == []


@pytest.mark.req("S5.2")
async def test_who_writes_without_end_is_told_to_wait(pages, meeting, monkeypatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "chat", "2/min")
    await enter(pages["alice"], meeting)
    for each in range(2):
        await pages["alice"].request("send-message", roomId=str(meeting.pk), clientId=f"m{each}", text="a")
    with pytest.raises(Refused, match="too_many_requests"):
        await pages["alice"].request("send-message", roomId=str(meeting.pk), clientId="m3", text="a")


@pytest.mark.req("S5.3")
async def test_a_colleague_in_a_call_is_busy(pages, staff) -> None:
    await pages["ben"].request("watch-presence")
    await db(talking, staff[0])
    assert (await pages["ben"].next("status-change", userId=staff[0].pk, status="busy"))["since"]
    call = await db(lambda: staff[0].participations.get().call_id)
    await pages["alice"].joins(callId=str(call))
    await pages["alice"].request("leave", callId=str(call))
    await pages["ben"].next("status-change", userId=staff[0].pk, status="online")
