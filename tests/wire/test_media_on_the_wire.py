"""The way from the socket to the media server: whose room, which node, and what happens when it dies."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import User
from calls.actions.recordings import register_segment
from calls.events import relay_media_event
from calls.media.recordings import Segment
from calls.models import Call, Recording
from tests.cast import an_agent, cara_calls, talking
from tests.fakes.media import FakeMediaClient
from tests.wire.pages import Refused, TestPage, both_in_call, db, enter

pytestmark = [pytest.mark.wire, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def pair():
    alice = await db(an_agent)
    cara = await db(talking, alice)
    hers, his = await both_in_call(alice, cara)
    his.token = cara.token
    yield hers, his, cara.call
    for page in (hers, his):
        await page.__aexit__(None, None, None)


@pytest.mark.req("S3.2")
async def test_a_party_enters_the_room_of_its_call_and_is_recorded(pair, media: FakeMediaClient) -> None:
    alice, cara, call = pair
    answer = await cara.request("join-room", roomId=str(call.pk), userId="whoever")
    assert answer == {"rtpCapabilities": {"codecs": []}, "producers": []}
    await alice.request("join-room", roomId=str(call.pk))
    room = {"roomId": str(call.pk), "record": True}
    assert media.requests == [
        ("node-1", "join", {"peerId": cara.peer_id, "role": "customer"} | room),
        ("node-1", "join", {"peerId": alice.peer_id, "role": "agent"} | room),
    ]
    assert (await db(Call.objects.get)).media_node == "node-1"


@pytest.mark.req("S3.2")
async def test_requests_are_handed_on_in_the_partys_own_name(pair, media: FakeMediaClient) -> None:
    _alice, cara, call = pair
    room = {"roomId": str(call.pk)}
    await cara.request("join-room", **room)
    transport = await cara.request("create-transport", **room)
    await cara.request(
        "connect-transport", **room, transportId=transport["id"], dtlsParameters={"role": "client"}
    )
    produced = await cara.request(
        "produce", **room, transportId="t1", kind="audio", rtpParameters={}, peerId="x"
    )
    assert produced == {"producerId": f"p-{cara.peer_id}"}
    assert media.requests[-1][2] == {
        "roomId": str(call.pk),
        "peerId": cara.peer_id,
        "transportId": "t1",
        "kind": "audio",
        "rtpParameters": {},
    }
    assert media.methods(cara.peer_id) == ["join", "create-transport", "connect-transport", "produce"]


@pytest.mark.req("S5.5")
async def test_the_room_of_another_call_is_not_found(pair, media: FakeMediaClient) -> None:
    alice, _cara, _call = pair
    other = await db(cara_calls)
    for room in (str(other.call.pk), str(uuid.uuid4())):
        with pytest.raises(Refused, match="not_member"):
            await alice.request("join-room", roomId=room)
    assert media.requests == []


async def test_nobody_is_recorded_while_waiting(media: FakeMediaClient) -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        with pytest.raises(Refused, match="wrong_state"):
            await page.request("join-room", roomId=str(cara.call.pk))
    assert media.requests == []


async def test_a_transport_before_the_room_is_out_of_order(pair) -> None:
    _alice, cara, call = pair
    with pytest.raises(Refused, match="not_found"):
        await cara.request("create-transport", roomId=str(call.pk))


async def test_a_refusal_of_the_media_server_has_a_code_of_the_wire(pair) -> None:
    _alice, cara, call = pair
    await cara.request("join-room", roomId=str(call.pk))
    with pytest.raises(Refused, match="not_found"):
        await cara.request(
            "consume", roomId=str(call.pk), transportId="t1", producerId="none", rtpCapabilities={}
        )


@pytest.mark.req("S3.2")
async def test_the_room_says_which_call_is_meant_on_a_desk_with_several(pair, media: FakeMediaClient) -> None:
    """The mediasoup vocabulary has no callId, and an agent's socket carries one call after the other."""
    alice, cara, call = pair
    await cara.request("hang-up")
    await alice.next("call-state", status="ENDED")
    agent = await db(User.objects.get)
    second = await db(lambda: talking(agent, call.place))
    await alice.joins(callId=str(second.call.pk))
    await alice.request("join-room", roomId=str(second.call.pk))
    await alice.request("create-transport", roomId=str(second.call.pk))
    assert media.methods(alice.peer_id) == ["join", "create-transport"]


async def test_without_any_media_server_the_page_is_told_to_try_again(pair, media: FakeMediaClient) -> None:
    _alice, cara, call = pair
    media.alive.clear()
    with pytest.raises(Refused, match="media_unavailable"):
        await cara.request("join-room", roomId=str(call.pk))
    assert await cara.request("ping") == {}


async def test_a_node_that_dies_is_told_once_and_replaced(pair, media: FakeMediaClient) -> None:
    alice, cara, call = pair
    room = {"roomId": str(call.pk)}
    for page in (alice, cara):
        await page.request("join-room", **room)
    await db(lambda: Recording.objects.create(call=call, participant_id=cara.peer_id, started_ms=0))
    media.alive[:] = ["node-2"]
    with pytest.raises(Refused, match="media_unavailable"):
        await cara.request("create-transport", **room)
    for page in (alice, cara):
        await page.next("media-lost")
        assert (await page.next("recording-state"))["state"] == "interrupted"
    assert (await db(Recording.objects.get)).interrupted
    await cara.request("join-room", **room)
    assert (await db(Call.objects.get)).media_node == "node-2"
    await cara.request("produce", **room, transportId="t1", kind="audio", rtpParameters={})
    restored = await alice.next("recording-state", state="restored")
    assert restored["peerId"] == cara.peer_id
    assert [m["type"] for m in await alice.everything()].count("media-lost") == 0


async def test_a_page_that_was_away_when_the_node_died_restores_the_recording_too(
    pair, media: FakeMediaClient
) -> None:
    alice, cara, call = pair
    room = {"roomId": str(call.pk)}
    await alice.request("join-room", **room)
    media.alive[:] = ["node-2"]
    with pytest.raises(Refused, match="media_unavailable"):
        await alice.request("create-transport", **room)
    await cara.next("recording-state", state="interrupted")
    async with TestPage() as again:
        await again.joins(token=cara.token)
        await again.request("join-room", **room)
        await again.request("produce", **room, transportId="t1", kind="audio", rtpParameters={})
        await alice.next("recording-state", state="restored", peerId=cara.peer_id)


async def test_a_side_whose_first_file_is_closed_after_the_node_died_is_marked_too(
    pair, media: FakeMediaClient
) -> None:
    alice, cara, call = pair
    await cara.request("join-room", roomId=str(call.pk))
    media.alive.clear()
    await cara.request("ping")
    await alice.next("recording-state", state="interrupted")
    left = Segment(str(call.pk), cara.peer_id, 0, "a/b/000000-1.opus", 1, 20, 1, 0, has_speech=True)
    await db(lambda: register_segment(left))
    assert (await db(Recording.objects.get)).interrupted


async def test_a_dead_node_is_noticed_by_the_pages_leases(pair, media: FakeMediaClient) -> None:
    alice, cara, call = pair
    await alice.request("join-room", roomId=str(call.pk))
    media.alive.clear()
    await alice.request("ping")
    await cara.next("media-lost")
    assert (await db(Call.objects.get)).media_node == ""


async def test_notices_of_the_media_server_reach_the_right_pages(pair) -> None:
    alice, cara, call = pair
    about = {"roomId": str(call.pk), "peerId": cara.peer_id}
    await relay_media_event({"type": "new-producer", **about, "producerId": "p1", "kind": "audio"})
    assert (await alice.next("new-producer"))["peerId"] == cara.peer_id
    await relay_media_event({"type": "transport-state", **about, "transportId": "t1", "state": "failed"})
    assert (await cara.next("transport-state"))["state"] == "failed"
    await relay_media_event({"type": "peer-left", **about})
    told = {message["type"] for page in (alice, cara) for message in await page.everything()}
    assert told <= {"peer-reconnected"}  # of their joining, a moment ago


async def test_the_end_of_the_call_closes_the_recording(pair, media: FakeMediaClient) -> None:
    alice, cara, call = pair
    for page in (alice, cara):
        await page.request("join-room", roomId=str(call.pk))
    await alice.request("hang-up")
    for page in (alice, cara):
        await page.next("call-state", status="ENDED")
        await page.socket.disconnect()
    for page in (alice, cara):
        assert media.methods(page.peer_id)[-1] == "leave"


@pytest.mark.req("S3.3")
async def test_what_concerns_one_consumer_is_told_to_its_own_page_only(pages, meeting) -> None:
    alice = (await enter(pages["alice"], meeting))["peerId"]
    await enter(pages["ben"], meeting)
    about = {"roomId": str(meeting.pk), "peerId": alice, "consumerId": "c1"}
    await relay_media_event({"type": "producer-paused", **about})
    await relay_media_event({"type": "consumer-layers", **about, "spatialLayer": 1, "temporalLayer": 2})
    told = await pages["alice"].next("producer-paused")
    assert told == {"type": "producer-paused", "roomId": str(meeting.pk), "consumerId": "c1"}
    assert (await pages["alice"].next("consumer-layers"))["spatialLayer"] == 1
    kinds = {message["type"] for message in await pages["ben"].everything()}
    assert not kinds & {"producer-paused", "consumer-layers"}
