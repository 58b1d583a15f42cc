"""A call as its two pages live it: snapshot, events, signals, and what is missed and made up for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from calls import events
from calls.access import staff_party
from calls.actions import calls, snapshots
from calls.models import Call, CallEvent, Participant
from calls.sockets.registry import registry
from calls.states import CallStatus
from tests.cast import a_place, accepts, an_agent, cara_calls, on_duty, talking
from tests.wire.pages import Refused, TestPage, both_in_call, db

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def pair():
    """Pages of alice and cara in a call in progress, and the call."""
    alice = await db(an_agent)
    cara = await db(talking, alice)
    hers, his = await both_in_call(alice, cara)
    yield hers, his, cara.call
    for page in (hers, his):
        await page.__aexit__(None, None, None)


@pytest.mark.req("S1.3", "S5.4")
async def test_what_happens_while_the_snapshot_is_read_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent may answer in the very moment in which the customer's page joins."""
    alice = await db(lambda: on_duty(an_agent()))
    cara = await db(cara_calls)
    read = snapshots.missed_events

    def read_late(call: Call, since: int, role: str) -> list[dict[str, Any]]:
        monkeypatch.setattr(snapshots, "missed_events", read)
        accepts(alice)
        return read(call, since, role)

    monkeypatch.setattr(snapshots, "missed_events", read_late)
    async with TestPage() as page:
        joined = await page.joins(token=cara.token)
        assert joined["call"]["status"] == "RINGING"
        followed = [await page.next("peer-joined"), await page.next("call-state")]
    assert followed[1]["status"] == "CONNECTING"
    assert [joined["seq"] + 1, joined["seq"] + 2] == [event["seq"] for event in followed]
    assert {event["seq"] for event in followed}.isdisjoint(event["seq"] for event in joined["events"])


async def test_an_event_whose_notice_was_lost_comes_with_the_next_ping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice = await db(lambda: on_duty(an_agent()))
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        with monkeypatch.context() as deaf:
            deaf.setattr(events, "wake", lambda *_: None)
            await db(accepts, alice)
        await page.request("ping")
        assert (await page.next("call-state"))["status"] == "CONNECTING"


SIGNALS = [
    ("offer", {"sdp": "v=0\r\n"}),
    ("answer", {"sdp": "v=0\r\n"}),
    ("ice-candidate", {"candidate": {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0}}),
    ("ice-candidate", {"candidate": None}),
]


@pytest.mark.req("S1.4")
@pytest.mark.req("S1.12")
@pytest.mark.req("S2.9")
@pytest.mark.parametrize(("kind", "fields"), SIGNALS)
@pytest.mark.parametrize("near", [True, False], ids=["same process", "another process"])
async def test_signals_reach_the_other_page(
    pair, monkeypatch: pytest.MonkeyPatch, kind: str, fields: dict[str, Any], near: bool
) -> None:
    alice, cara, call = pair
    if not near:
        monkeypatch.setattr("calls.sockets.page.registry.page_of", lambda peer_id: None)
    await alice.request(kind, to=cara.peer_id, **fields)
    got = await cara.next(kind)
    assert got == {"type": kind, "callId": str(call.pk), "from": alice.peer_id, **fields}


BRIEF = ("replay-", "queue-", "renew-")
"""Background work of a page that ends by itself."""


async def settled(page: TestPage) -> None:
    """Wait until the server has sent this page all that it had to catch up with: nothing is read for it any more."""
    behind = registry.page_of(page.peer_id)
    assert behind is not None
    while busy := [task for task in behind.tasks._tasks if task.get_name().startswith(BRIEF)]:
        await asyncio.gather(*busy)


async def test_signals_between_near_pages_touch_no_database(pair, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, cara, _call = pair
    await settled(alice)
    await settled(cara)
    asked: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            "django.db.backends.utils.CursorWrapper.execute", lambda _cursor, sql, *_args: asked.append(sql)
        )
        await alice.request("offer", to=cara.peer_id, sdp="v=0")
        await cara.next("offer")
    assert asked == []


async def test_a_signal_to_someone_outside_the_call_is_refused(pair) -> None:
    alice, _cara, _call = pair
    mallory = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=mallory.token)
        with pytest.raises(Refused, match="not_found"):
            await alice.request("offer", to=page.peer_id, sdp="v=0")
        with pytest.raises(Refused, match="not_found"):
            await page.request("offer", to=alice.peer_id, sdp="v=0")
        assert [message["type"] for message in await page.everything()] == []


@pytest.mark.req("S1.3")
@pytest.mark.req("S2.4")
async def test_a_call_from_ringing_to_ended_as_cara_sees_it() -> None:
    alice = await db(an_agent)
    async with TestPage() as page, TestPage() as desk:
        cara = await db(cara_calls)
        joined = await page.joins(token=cara.token)
        assert joined["call"]["queue"]["agentsOnDuty"] == 0
        await desk.opens_desk(alice)
        await desk.request("set-state", state="available")
        assert (await page.next("queue-position", agentsOnDuty=1))["position"] == 0
        offer = (await desk.next("offer-ringing"))["offer"]
        accepted = await desk.request("accept-offer", offerId=offer["offerId"])
        await desk.joins(callId=accepted["callId"])
        assert (await page.next("peer-joined"))["peerId"] == desk.peer_id
        assert (await page.next("call-state", status="CONNECTING"))["agent"]["name"] == alice.name
        await page.request("media-connected", path="direct")
        await desk.next("call-state", status="IN_PROGRESS")
        await desk.request("hang-up")
        assert (await page.next("call-state", status="ENDED"))["reason"] == "hang_up"
        numbers = [event["seq"] for event in joined["events"]]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_waiting_customers_hear_when_they_move_up() -> None:
    first, second = await db(cara_calls), await db(cara_calls)
    async with TestPage() as ahead, TestPage() as behind:
        await ahead.joins(token=first.token)
        joined = await behind.joins(token=second.token)
        assert joined["call"]["queue"]["position"] == 1
        await ahead.request("hang-up")
        assert (await behind.next("queue-position"))["position"] == 0


async def test_sound_before_anyone_has_answered_is_out_of_order() -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        with pytest.raises(Refused, match="wrong_state"):
            await page.request("media-connected", path="direct")
        assert await db(Call.objects.get) == cara.call


async def test_the_relayed_path_is_told_to_both(pair) -> None:
    alice, cara, _call = pair
    await alice.request("use-path", path="relayed")
    assert (await cara.next("path-changed"))["path"] == "relayed"
    assert (await alice.next("path-changed"))["path"] == "relayed"


async def test_who_mutes_is_shown_to_the_other_and_to_who_joins_later(pair) -> None:
    alice, cara, call = pair
    await alice.request("toggle-audio", muted=True)
    shown = await cara.next("peer-audio-changed")
    assert (shown["peerId"], shown["muted"]) == (alice.peer_id, True)
    joined = await cara.request("join", callId=str(call.pk), token=await token_of(call))
    assert {peer["peerId"]: peer["muted"] for peer in joined["participants"]} == {
        alice.peer_id: True,
        cara.peer_id: False,
    }


async def token_of(call: Call) -> str:
    """A fresh token for the customer of a call: the first is told only once."""
    from calls.models.call import hash_token

    await db(lambda: Call.objects.filter(pk=call.pk).update(token_hash=hash_token("again")))
    return "again"


async def test_joining_twice_at_one_socket_is_no_replacement(pair) -> None:
    alice, _cara, call = pair
    again = await alice.request("join", callId=str(call.pk))
    assert again["peerId"] == alice.peer_id
    assert await alice.request("ping") == {}


@pytest.mark.req("S2.9")
async def test_a_page_that_dies_is_missed_and_welcomed_back(pair) -> None:
    alice, cara, call = pair
    await cara.socket.disconnect()
    assert (await alice.next("peer-disconnected"))["peerId"] == cara.peer_id
    async with TestPage() as again:
        await again.joins(token=await token_of(call))
        assert (await alice.next("peer-reconnected"))["peerId"] == cara.peer_id
        await again.request("offer", to=alice.peer_id, sdp="v=0")
        await alice.next("offer")


@pytest.mark.req("S2.9")
async def test_who_leaves_is_told_and_may_come_back(pair) -> None:
    alice, cara, call = pair
    await cara.request("leave")
    assert (await alice.next("peer-left"))["role"] == "customer"
    with pytest.raises(Refused, match="not_authenticated"):
        await cara.request("hang-up")
    with pytest.raises(Refused, match="not_found"):
        await alice.request("offer", to=cara.peer_id, sdp="v=0")
    await cara.joins(token=await token_of(call))
    assert (await alice.next("peer-joined"))["peerId"] == cara.peer_id
    await alice.request("offer", to=cara.peer_id, sdp="v=0")


@pytest.mark.req("S1.8")
async def test_what_was_missed_is_in_the_answer_and_nothing_comes_twice(pair) -> None:
    alice, cara, call = pair
    seen = (await db(Call.objects.get)).last_seq
    await cara.socket.disconnect()
    for number in range(3):
        await db(
            events.emit, call, "captions-state", {"available": True, "reason": str(number), "delayed": False}
        )
    async with TestPage() as again:
        joined = await again.joins(token=await token_of(call), since=seen)
        assert [event["reason"] for event in joined["events"]] == ["0", "1", "2"]
        assert joined["captions"]["reason"] == "2"
        await db(events.emit, call, "captions-state", {"available": True, "reason": "3", "delayed": False})
        live = await again.next("captions-state")
        assert (live["reason"], live["seq"]) == ("3", seen + 4)
        stored = [message["type"] for message in await again.everything() if "seq" in message]
        assert stored == []
    last = await alice.next("captions-state", reason="3")
    earlier = [event["seq"] for event in await alice.everything() if "seq" in event]
    assert [*earlier, last["seq"]][-4:] == [seen + number for number in range(1, 5)]


async def test_a_snapshot_with_the_later_events_equals_a_fresh_snapshot() -> None:
    alice = await db(an_agent)
    await db(on_duty, alice)
    cara = await db(cara_calls)
    async with TestPage() as page:
        state = (await page.joins(token=cara.token))["call"]
        await db(accepts, alice)
        await db(lambda: calls.mark_connected(cara.party, "direct"))
        await db(lambda: calls.use_relayed_path(cara.party))
        await db(lambda: calls.end_call(cara.party))
        await page.next("call-state", status="ENDED")
        fresh = await db(lambda: snapshots.snapshot(Call.objects.get(), for_staff=False))
    for event in await in_order(cara.call):
        state = applied(state, event)
    assert state == fresh


async def in_order(call: Call) -> list[dict[str, Any]]:
    return await db(lambda: snapshots.missed_events(call, 0, "customer"))


def applied(state: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """What a page does with an event."""
    if event["type"] == "path-changed":
        return state | {"mediaPath": event["path"]}
    if event["type"] == "call-state":
        keys = ("status", "reason", "answeredAt", "connectedAt", "endedAt", "agent")
        waiting = {} if event["status"] == CallStatus.RINGING else {"queue": None}
        return state | {key: event[key] for key in keys} | waiting
    return state


async def test_a_burst_of_events_arrives_in_order_without_holes(pair) -> None:
    alice, _cara, call = pair
    seen = (await db(Call.objects.get)).last_seq

    def burst() -> None:
        for number in range(30):
            events.emit(call, "captions-state", {"available": True, "reason": str(number), "delayed": False})

    await db(burst)
    got = [(await alice.next("captions-state"))["seq"] for _ in range(30)]
    assert got == list(range(seen + 1, seen + 31))


@pytest.mark.req("S5.5")
async def test_membership_is_checked_again_at_delivery(pair) -> None:
    alice, cara, call = pair
    agent = await db(lambda: Participant.objects.get(pk=alice.peer_id))
    await db(lambda: calls.leave_call(staff_party(agent.user, call.pk)))
    await db(events.emit, call, "captions-state", {"available": True, "reason": "secret", "delayed": False})
    await cara.next("captions-state")
    withdrawn = await alice.next("error")
    assert (withdrawn["code"], withdrawn["callId"]) == ("forbidden", str(call.pk))
    assert "secret" not in str(await alice.everything())
    with pytest.raises(Refused, match="not_found"):
        await cara.request("offer", to=alice.peer_id, sdp="v=0")


async def test_an_account_that_is_closed_during_a_call_hears_nothing_more(pair) -> None:
    alice, cara, call = pair

    def close_account() -> None:
        user = Participant.objects.get(pk=alice.peer_id).user
        assert user is not None
        user.is_active = False
        user.save()

    await db(close_account)
    await db(events.emit, call, "captions-state", {"available": True, "reason": "secret", "delayed": False})
    assert (await alice.next("error"))["code"] == "forbidden"
    with pytest.raises(Refused):
        await alice.request("hang-up")
    await cara.request("ping")


async def test_after_the_end_the_transcript_is_still_announced(pair) -> None:
    alice, cara, call = pair
    await cara.request("hang-up")
    await alice.next("call-state", status="ENDED")
    await db(events.emit, call, "transcript-ready", {})
    await alice.next("transcript-ready")
    await cara.next("transcript-ready")


async def test_both_hang_up_at_once_and_both_are_told(pair) -> None:
    alice, cara, _call = pair
    await asyncio.gather(alice.request("hang-up"), cara.request("hang-up"))
    await alice.next("call-state", status="ENDED")
    await cara.next("call-state", status="ENDED")
    ends = await db(list, CallEvent.objects.filter(type="call-state"))
    assert [event.payload["status"] for event in ends].count("ENDED") == 1


async def test_a_reload_finds_the_call_where_it_was() -> None:
    cara = await db(cara_calls, await db(a_place, topics=[]))
    async with TestPage() as page:
        before = await page.joins(token=cara.token)
    async with TestPage() as page:
        after = await page.joins(token=cara.token)
    assert after["call"] == before["call"]
    assert after["peerId"] == before["peerId"]
