"""Meetings and voice rooms as their pages live them: who is in, what is told, what a host may do, what is written."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.throttling import ScopedRateThrottle

from accounts.models import User
from calls.actions import room_hosts, rooms
from calls.models import Membership, Participation, QualitySample, Room, RoomSession
from calls.models.room import RoomKind
from tests.fakes.media import FakeMediaClient
from tests.fuzzing import messages
from tests.wire.pages import Refused, TestPage, db, enter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@pytest.mark.req("S4.1", "S5.5")
async def test_the_newcomer_gets_who_is_in_and_the_others_hear_of_it(pages, meeting) -> None:
    first = await enter(pages["alice"], meeting)
    assert first["role"] == "host"
    assert first["plan"] == "mesh"
    second = await enter(pages["ben"], meeting)
    assert [member["name"] for member in second["members"]] == ["김서연", "ben"]
    joined = await pages["alice"].next("user-joined")
    assert joined["peerId"] == second["peerId"]
    assert joined["roomId"] == str(meeting.pk)
    await pages["ben"].request("leave-room", roomId=str(meeting.pk))
    assert (await pages["alice"].next("user-left", peerId=second["peerId"]))["reason"] == "left"


@pytest.mark.req("S4.1", "S5.5")
async def test_a_stranger_is_refused_and_learns_nothing(pages, meeting) -> None:
    await db(lambda: Membership.objects.filter(room=meeting, user__username="erin").delete())
    for room_id in (str(meeting.pk), str(uuid.uuid4())):
        with pytest.raises(Refused, match="not_member"):
            await pages["erin"].request("enter-room", roomId=room_id)
        with pytest.raises(Refused, match="not_member"):
            await pages["erin"].request("join-room", roomId=room_id)
    async with TestPage() as nobody:
        with pytest.raises(Refused, match="not_authenticated"):
            await nobody.request("enter-room", roomId=str(meeting.pk))


@pytest.mark.req("S3.5")
async def test_a_room_may_be_kept_to_some_addresses(pages, staff) -> None:
    room = await db(lambda: rooms.create_room(staff[0], "voice", "안", ip_allow=["203.0.113.0/24"]))
    with pytest.raises(Refused, match="ip_refused"):
        await enter(pages["alice"], room)
    await db(lambda: Room.objects.filter(pk=room.pk).update(ip_allow=["127.0.0.0/8"]))
    assert (await enter(pages["alice"], room))["kind"] == "voice"


@pytest.mark.req("S4.2", "S4.5")
async def test_those_who_come_at_once_share_one_session_and_can_speak_to_each_other(pages, meeting) -> None:
    states = await asyncio.gather(*(enter(page, meeting) for page in pages.values()))
    assert len({state["sessionId"] for state in states}) == 1
    assert await db(RoomSession.objects.count) == 1
    known = [member["peerId"] for state in states for member in state["members"]]
    assert len(set(known)) == 5
    await pages["alice"].everything()
    await pages["alice"].request("offer", roomId=str(meeting.pk), to=states[1]["peerId"], sdp="v=0")
    offer = await pages["ben"].next("offer")
    assert (offer["from"], offer["roomId"]) == (states[0]["peerId"], str(meeting.pk))
    with pytest.raises(Refused, match="not_found"):
        await pages["alice"].request("offer", roomId=str(meeting.pk), to=str(uuid.uuid4()), sdp="v=0")


@pytest.mark.req("S4.11")
async def test_the_fourth_moves_everybody_to_the_media_server_for_good(pages, meeting) -> None:
    for name in ("alice", "ben", "chris"):
        assert (await enter(pages[name], meeting))["plan"] == "mesh"
    assert (await enter(pages["dora"], meeting))["plan"] == "sfu"
    assert (await pages["alice"].next("plan-changed"))["plan"] == "sfu"
    await pages["dora"].request("leave-room", roomId=str(meeting.pk))
    await pages["alice"].next("user-left")
    assert (await enter(pages["dora"], meeting))["plan"] == "sfu"


@pytest.mark.req("S4.3", "S4.4")
async def test_what_is_switched_is_told_and_its_time_is_kept(pages, meeting) -> None:
    await enter(pages["alice"], meeting)
    ben = (await enter(pages["ben"], meeting))["peerId"]
    room = {"roomId": str(meeting.pk)}
    await pages["ben"].request("toggle-audio", **room, muted=True)
    await pages["ben"].request("toggle-video", **room, off=False)
    await pages["ben"].request("screen-share-start", **room)
    await pages["ben"].request("raise-hand", **room, raised=True)
    assert (await pages["alice"].next("peer-audio-changed"))["muted"] is True
    assert (await pages["alice"].next("peer-video-changed"))["off"] is False
    assert (await pages["alice"].next("peer-screen-share"))["sharing"] is True
    assert (await pages["alice"].next("peer-hand"))["raised"] is True
    member = next(m for m in (await enter(pages["chris"], meeting))["members"] if m["peerId"] == ben)
    assert (member["muted"], member["videoOff"], member["sharing"]) == (True, False, True)

    def a_minute_ago() -> None:
        then = timezone.now() - timedelta(seconds=60)
        Participation.objects.filter(pk=ben).update(muted_since=then, sharing_since=then, joined_at=then)

    await db(a_minute_ago)
    await pages["ben"].request("toggle-audio", **room, muted=False)
    await pages["ben"].request("leave-room", **room)
    row = await db(lambda: Participation.objects.get(pk=ben))
    assert (row.muted_seconds, row.sharing_seconds, row.present_seconds) == (60, 60, 60)


@pytest.mark.req("S4.4")
async def test_the_last_one_out_ends_the_session_and_coming_back_reopens_the_place(pages, meeting) -> None:
    alice = (await enter(pages["alice"], meeting))["peerId"]
    ben = await enter(pages["ben"], meeting)
    await pages["ben"].request("leave-room", roomId=str(meeting.pk))
    assert (await enter(pages["ben"], meeting))["peerId"] == ben["peerId"]
    for name in ("alice", "ben"):
        await pages[name].request("leave-room", roomId=str(meeting.pk))
    session = await db(lambda: RoomSession.objects.get(pk=ben["sessionId"]))
    assert session.ended_at is not None
    again = await enter(pages["alice"], meeting)
    assert again["sessionId"] != ben["sessionId"]
    assert again["peerId"] != alice


@pytest.mark.req("S4.7")
async def test_who_loses_the_socket_is_reconnecting_and_keeps_the_place(pages, staff, meeting) -> None:
    await enter(pages["alice"], meeting)
    async with TestPage() as ben:
        await ben.logs_in(staff[1])
        peer = (await enter(ben, meeting))["peerId"]
    assert (await pages["alice"].next("peer-disconnected"))["peerId"] == peer
    assert (await enter(pages["ben"], meeting))["peerId"] == peer
    assert (await pages["alice"].next("peer-reconnected"))["peerId"] == peer
    assert not [m for m in await pages["alice"].everything() if m["type"] == "user-left"]


@pytest.mark.req("S4.4")
async def test_a_page_that_died_is_out_when_its_lease_has_run_out(pages, meeting) -> None:
    await enter(pages["alice"], meeting)
    peer = (await enter(pages["ben"], meeting))["peerId"]
    await db(
        lambda: Participation.objects.filter(pk=peer).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
    )
    await pages["alice"].everything()
    left = await pages["alice"].next("user-left")
    assert (left["peerId"], left["reason"]) == (peer, "lost")


@pytest.mark.req("S4.6")
async def test_a_host_mutes_removes_locks_and_hands_over(pages, meeting) -> None:
    room = {"roomId": str(meeting.pk)}
    alice = (await enter(pages["alice"], meeting))["peerId"]
    ben, chris = [(await enter(pages[name], meeting))["peerId"] for name in ("ben", "chris")]
    for kind, more in (
        ("mute-peer", {"peerId": alice}), ("remove-peer", {"peerId": alice}), ("lock-room", {"locked": True}),
        ("hand-over-host", {"peerId": ben}), ("set-permissions", {"share": "host"}),
    ):  # fmt: skip
        with pytest.raises(Refused, match="forbidden"):
            await pages["ben"].request(kind, **room, **more)
    await pages["alice"].request("mute-peer", **room, peerId=ben)
    assert (await pages["ben"].next("mute-request"))["by"] == "김서연"
    assert (await pages["chris"].next("peer-audio-changed"))["byHost"] is True
    await pages["alice"].request("set-permissions", **room, share="host", unmute="host")
    for kind, more in (("screen-share-start", {}), ("toggle-audio", {"muted": False})):
        with pytest.raises(Refused, match="forbidden"):
            await pages["ben"].request(kind, **room, **more)
    await pages["alice"].request("remove-peer", **room, peerId=chris)
    await pages["chris"].next("removed")
    assert (await pages["ben"].next("user-left"))["reason"] == "removed"
    with pytest.raises(Refused, match="not_member"):
        await enter(pages["chris"], meeting)
    await pages["alice"].request("lock-room", **room, locked=True)
    with pytest.raises(Refused, match="room_locked"):
        await enter(pages["dora"], meeting)
    await pages["alice"].request("hand-over-host", **room, peerId=ben)
    await pages["ben"].next("room-changed", hostPeerId=ben)
    await pages["ben"].request("lock-room", **room, locked=False)
    with pytest.raises(Refused, match="forbidden"):
        await pages["alice"].request("lock-room", **room, locked=True)


@pytest.mark.req("S4.1")
async def test_a_withdrawn_membership_ends_the_place_with_the_next_renewal(pages, meeting) -> None:
    await enter(pages["ben"], meeting)
    await db(lambda: Membership.objects.filter(room=meeting, user__username="ben").delete())
    await pages["ben"].everything()
    refused = await pages["ben"].next("error")
    assert (refused["code"], refused["roomId"]) == ("forbidden", str(meeting.pk))
    with pytest.raises(Refused, match=r"not_authenticated|not_found"):
        await pages["ben"].request("toggle-video", roomId=str(meeting.pk), off=True)


@pytest.mark.req("S3.2", "S3.3")
async def test_the_requests_of_the_media_client_serve_a_room(pages, staff, media: FakeMediaClient) -> None:
    room = await db(lambda: rooms.create_room(staff[0], RoomKind.VOICE, "라운지", members=[staff[1].pk]))
    joined = await pages["alice"].request("join-room", roomId=str(room.pk), userId="1")
    assert "rtpCapabilities" in joined
    await pages["alice"].request("create-transport", roomId=str(room.pk))
    await pages["alice"].request(
        "produce", roomId=str(room.pk), transportId="t1", kind="audio", rtpParameters={}, source="microphone"
    )
    node, method, data = media.requests[-1]
    assert (node, method, data["source"]) == ("node-1", "produce", "microphone")
    assert media.requests[0][2]["record"] is False
    with pytest.raises(Refused, match="not_member"):
        await pages["dora"].request("join-room", roomId=str(room.pk))
    with pytest.raises(Refused, match=r"not_found|not_authenticated"):
        await pages["ben"].request("create-transport", roomId=str(room.pk))


@pytest.mark.req("S4.8")
async def test_quality_is_told_and_kept(pages, meeting) -> None:
    await enter(pages["alice"], meeting)
    peer = (await enter(pages["ben"], meeting))["peerId"]
    await pages["ben"].request(
        "report-quality", roomId=str(meeting.pk), level="poor", rttMs=900, lossPercent=12, kbps=80
    )
    assert (await pages["alice"].next("peer-quality"))["level"] == "poor"
    await pages["ben"].request(
        "report-quality", roomId=str(meeting.pk), level="good", rttMs=9, lossPercent=0, kbps=800
    )  # so soon that it is not kept
    kept = await db(lambda: QualitySample.objects.get(participation=peer))
    assert (kept.rtt_ms, kept.loss_percent, kept.kbps) == (900, 12, 80)


async def test_a_room_goes_on_while_somebody_sends_it_nonsense(pages, meeting, settings) -> None:
    settings.SOCKET_MESSAGES_PER_SECOND = 1_000_000
    states = {name: await enter(pages[name], meeting) for name in ("alice", "ben")}
    async with TestPage() as mallory:
        await mallory.logs_in(await db(lambda: User.objects.get(username="chris")))
        known = {
            "roomId": str(meeting.pk),
            "to": states["ben"]["peerId"],
            "peerId": states["ben"]["peerId"],
            "token": "x",
        }
        for frame in messages(11, 1500, known):
            if '"login"' not in frame:
                await mallory.send_raw(frame.encode("utf-8", "replace").decode())
        await mallory.everything()
        told = await pages["alice"].everything()
        assert not [m for m in told if m["type"] in ("mute-request", "removed", "room-changed", "room-ended")]
    await pages["alice"].request("offer", roomId=str(meeting.pk), to=states["ben"]["peerId"], sdp="v=0")
    assert (await pages["ben"].next("offer", sdp="v=0"))["from"] == states["alice"]["peerId"]
    here = await db(lambda: set(Participation.objects.present().values_list("name", flat=True)))
    assert {"김서연", "ben"} <= here


@pytest.mark.req("S4.6")
async def test_who_is_muted_by_the_host_is_silenced_by_the_media_server_too(
    pages, meeting, media: FakeMediaClient
) -> None:
    room = {"roomId": str(meeting.pk)}
    sound = {"transportId": "t1", "kind": "audio", "rtpParameters": {}}
    await enter(pages["alice"], meeting)
    ben = (await enter(pages["ben"], meeting))["peerId"]
    await pages["ben"].request("join-room", **room)
    mine = (await pages["ben"].request("produce", **room, **sound, source="microphone"))["producerId"]
    await pages["alice"].request("set-permissions", **room, unmute="host", share="host")
    await pages["alice"].request("mute-peer", **room, peerId=ben)
    await pages["ben"].next("mute-request")
    await pages["ben"].request("create-transport", **room)  # the same lane: what went before it is done
    assert ("node-1", "pause-producer", {**room, "peerId": ben, "producerId": mine}) in media.requests
    for kind, more in (
        ("resume-producer", {"producerId": mine}),
        ("produce", sound),
        ("produce", sound | {"source": "microphone"}),
        ("produce", sound | {"kind": "video", "source": "screen"}),
        ("produce", sound | {"source": "screen-audio"}),
        ("toggle-audio", {"muted": False}),
    ):
        with pytest.raises(Refused, match="forbidden"):
            await pages["ben"].request(kind, **room, **more)
    assert "resume-producer" not in media.methods(ben)
    await pages["ben"].request("leave-room", **room)
    again = await enter(pages["ben"], meeting)
    assert {member["name"]: member["muted"] for member in again["members"]}["ben"] is True
    await pages["ben"].request("join-room", **room)
    with pytest.raises(Refused, match="forbidden"):
        await pages["ben"].request("produce", **room, **sound, source="microphone")
    await pages["alice"].request("set-permissions", **room, unmute="all")
    await pages["ben"].request("toggle-audio", **room, muted=False)
    await pages["ben"].request("produce", **room, **sound, source="microphone")
    await pages["ben"].request("resume-producer", **room, producerId=mine)
    await pages["ben"].request("produce", **room, **sound | {"kind": "video", "source": "camera"})


@pytest.mark.req("S3.5")
async def test_who_enters_again_and_again_is_told_to_wait(pages, meeting, monkeypatch) -> None:
    monkeypatch.setitem(ScopedRateThrottle.THROTTLE_RATES, "join-room", "3/min")
    for _ in range(3):
        await enter(pages["alice"], meeting)
    for kind in ("enter-room", "join-room"):
        with pytest.raises(Refused, match="too_many_requests") as refused:
            await pages["alice"].request(kind, roomId=str(await db(another, meeting)))
        assert refused.value.message["retryAfter"] > 0
    await enter(pages["ben"], meeting)


def another(meeting: Room) -> uuid.UUID:
    return rooms.create_room(meeting.created_by, "voice", "라운지").pk


@pytest.mark.req("S4.7")
async def test_a_newcomer_sees_who_is_reconnecting(pages, meeting) -> None:
    await enter(pages["alice"], meeting)
    ben = (await enter(pages["ben"], meeting))["peerId"]
    soon = timezone.now() + timedelta(seconds=3)
    await db(lambda: Participation.objects.filter(pk=ben).update(lease_until=soon))
    await pages["alice"].everything()
    assert (await pages["alice"].next("peer-disconnected"))["peerId"] == ben
    state = await enter(pages["chris"], meeting)
    assert {member["name"]: member["connected"] for member in state["members"]} == {
        "김서연": True, "ben": False, "chris": True,
    }  # fmt: skip


@pytest.mark.req("S4.6")
async def test_who_is_in_a_room_that_is_closed_is_out(pages, staff, meeting) -> None:
    await enter(pages["alice"], meeting)
    await enter(pages["ben"], meeting)
    await db(lambda: room_hosts.close_room(staff[0], meeting))
    for name in ("alice", "ben"):
        await pages[name].next("removed")
    with pytest.raises(Refused, match="not_member"):
        await enter(pages["alice"], meeting)


@pytest.mark.req("S4.5")
async def test_who_is_invited_while_a_meeting_goes_on_hears_of_it(pages, staff) -> None:
    room = await db(lambda: rooms.create_room(staff[0], "meeting", "급한 회의"))
    await pages["ben"].request("watch-presence")
    await enter(pages["alice"], room)
    await db(lambda: room_hosts.add_members(staff[0], room, [staff[1].pk]))
    told = await pages["ben"].next("meeting-started")
    assert (told["roomId"], told["by"]) == (str(room.pk), "김서연")


@pytest.mark.req("S3.2")
async def test_a_node_that_dies_frees_its_rooms_and_another_takes_them(
    pages, meeting, media: FakeMediaClient
) -> None:
    room = {"roomId": str(meeting.pk)}
    for name in ("alice", "ben"):
        await enter(pages[name], meeting)
        await pages[name].request("join-room", **room)
    assert (await db(Room.objects.get)).media_node == "node-1"
    media.alive[:] = ["node-2"]
    with pytest.raises(Refused, match="media_unavailable"):
        await pages["alice"].request("create-transport", **room)
    for name in ("alice", "ben"):
        assert (await pages[name].next("media-lost"))["roomId"] == str(meeting.pk)
    await asyncio.gather(*(pages[name].request("join-room", **room) for name in ("alice", "ben")))
    assert (await db(Room.objects.get)).media_node == "node-2"
    sound = {"transportId": "t1", "kind": "audio", "rtpParameters": {}}
    await pages["alice"].request("produce", **room, **sound, source="microphone")


@pytest.mark.req("S4.7")
async def test_who_was_in_comes_back_into_a_locked_room_and_nobody_else(pages, meeting) -> None:
    await enter(pages["alice"], meeting)
    ben = (await enter(pages["ben"], meeting))["peerId"]
    await pages["alice"].request("lock-room", roomId=str(meeting.pk), locked=True)
    past = timezone.now() - timedelta(seconds=1)
    await db(lambda: Participation.objects.filter(pk=ben).update(lease_until=past))
    await db(rooms.sweep, [meeting.pk])
    await pages["alice"].next("user-left")
    assert (await enter(pages["ben"], meeting))["peerId"] == ben
    with pytest.raises(Refused, match="room_locked"):
        await enter(pages["chris"], meeting)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ko", "이 방의 구성원이 아닙니다."), ("en", "You are not a member of this room.")],
)
async def test_a_refusal_is_a_sentence_in_the_users_language(pages, meeting, language, sentence) -> None:
    def leaves() -> None:
        Membership.objects.filter(room=meeting, user__username="ben").delete()
        User.objects.filter(username="ben").update(language=language)

    await db(leaves)
    async with TestPage() as page:
        await page.logs_in(await db(lambda: User.objects.get(username="ben")))
        with pytest.raises(Refused) as refused:
            await enter(page, meeting)
    assert refused.value.message["message"] == sentence
