"""A supervisor's page in a call: what it hears and may ask, what others see of it, and a call that is taken over."""

from __future__ import annotations

import pytest

from accounts.models import User
from calls import events
from calls.actions import listening, takeover
from calls.models import Call, Listening, Participant
from tests.cast import Cara, a_supervisor, an_agent, talking
from tests.fakes.media import FakeMediaClient
from tests.wire.pages import Refused, TestPage, both_in_call, db

pytestmark = [
    pytest.mark.wire,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.req("S1.9"),
]


class Floor:
    """alice talks with cara; bob supervises."""

    alice: User
    bob: User
    cara: Cara
    hers: TestPage
    his: TestPage

    @property
    def call(self) -> Call:
        return self.cara.call

    async def bob_listens(self, page: TestPage) -> None:
        await db(listening.listen, self.bob, self.call.pk)
        await page.logs_in(self.bob)
        await page.joins(callId=str(self.call.pk))

    async def bob_takes_over(self) -> None:
        holder = await db(lambda: Participant.objects.get(user=self.alice, call=self.call))
        await db(takeover.take_over, self.bob, self.call.pk, holder.pk)


@pytest.fixture
async def floor():
    made = Floor()
    made.alice, made.bob = await db(an_agent), await db(a_supervisor)
    made.cara = await db(talking, made.alice)
    made.hers, made.his = await both_in_call(made.alice, made.cara)
    yield made
    for page in (made.hers, made.his):
        await page.__aexit__(None, None, None)


async def test_the_listener_hears_captions_and_the_sound_and_is_not_recorded(
    floor, media: FakeMediaClient
) -> None:
    async with TestPage() as page:
        await floor.bob_listens(page)
        room = {"roomId": str(floor.call.pk)}
        await page.request("join-room", **room)
        await page.request("create-transport", **room)
        await page.request("consume", **room, transportId="t1", producerId="p", rtpCapabilities={})
        join = next(data for _, method, data in media.requests if method == "join")
        assert (join["role"], join["record"]) == ("supervisor", False)
        assert media.methods(page.peer_id) == ["join", "create-transport", "consume"]
        caption = {
            "utteranceId": "1", "peerId": floor.his.peer_id, "role": "customer", "text": "●●", "masks": [],
            "startMs": 0, "endMs": 1, "language": "ko", "source": "live",
        }  # fmt: skip
        await db(events.emit, floor.call, "caption", caption)
        assert (await page.next("caption"))["text"] == "●●"


async def test_the_listener_sends_nothing(floor, media: FakeMediaClient) -> None:
    async with TestPage() as page:
        await floor.bob_listens(page)
        room = {"roomId": str(floor.call.pk)}
        await page.request("join-room", **room)
        produce = {"transportId": "t1", "kind": "audio", "rtpParameters": {}}
        for kind, fields in (
            ("produce", room | produce),
            ("hang-up", {}),
            ("send-message", {"clientId": "c", "text": "hello"}),
            ("offer", {"to": floor.his.peer_id, "sdp": "v=0"}),
            ("toggle-audio", {"muted": True}),
        ):
            with pytest.raises(Refused, match="forbidden"):
                await page.request(kind, **fields)
        assert media.methods(page.peer_id) == ["join"]


async def test_the_agent_sees_the_listener_come_and_go_and_the_customer_nothing(floor) -> None:
    async with TestPage() as page:
        await floor.bob_listens(page)
        [one] = (await floor.hers.next("listening"))["listeners"]
        assert one == {"peerId": page.peer_id, "name": "박도현"}
        assert (await floor.his.next("listening"))["listeners"] == []
    assert (await floor.hers.next("listening"))["listeners"] == []
    assert (await db(Listening.objects.get)).ended_at is not None
    assert page.peer_id not in str(await floor.his.everything())


async def test_a_listener_whose_team_is_taken_away_is_put_out(floor, media: FakeMediaClient) -> None:
    async with TestPage() as page:
        await floor.bob_listens(page)
        await page.request("join-room", roomId=str(floor.call.pk))
        await db(floor.bob.teams.clear)
        await db(events.emit, floor.call, "transcript-ready", {})
        refused = await page.next("error")
        assert (refused["code"], refused["callId"]) == ("forbidden", str(floor.call.pk))
        with pytest.raises(Refused, match="not_found"):
            await page.joins(callId=str(floor.call.pk))
        assert "leave" in media.methods()


async def test_the_agent_whose_call_is_taken_over_is_told_and_put_out(floor, media: FakeMediaClient) -> None:
    async with TestPage() as desk, TestPage() as page:
        await desk.opens_desk(floor.alice)
        await floor.hers.request("join-room", roomId=str(floor.call.pk))
        await floor.bob_listens(page)
        await floor.bob_takes_over()
        told = await desk.next("call-taken-over")
        assert (told["callId"], told["by"]) == (str(floor.call.pk), "박도현")
        refused = await floor.hers.next("error")
        assert (refused["code"], refused["callId"]) == ("forbidden", str(floor.call.pk))
        state = await floor.his.next("call-state")
        assert (state["status"], state["agent"]["name"]) == ("IN_PROGRESS", "박도현")
        assert (await floor.his.next("path-changed"))["path"] == "relayed"
        # Whatever her page does: her half of the media server is gone, and with it what she could hear.
        await floor.hers.everything()
        assert media.methods(floor.hers.peer_id) == ["join", "leave"]
        call = {"callId": str(floor.call.pk)}
        for kind, fields in (("hang-up", {}), ("join-room", {"roomId": call["callId"]}), ("join", call)):
            with pytest.raises(Refused):
                await floor.hers.request(kind, **fields)


async def test_the_supervisor_speaks_from_the_desk_as_the_calls_agent(floor, media: FakeMediaClient) -> None:
    await floor.bob_takes_over()
    async with TestPage() as desk:
        snapshot = await desk.opens_desk(floor.bob)
        assert snapshot["onCall"] == str(floor.call.pk)
        joined = await desk.joins(callId=snapshot["onCall"])
        assert (joined["role"], joined["call"]["mediaPath"]) == ("agent", "relayed")
        await desk.request("join-room", roomId=str(floor.call.pk))
        assert media.requests[-1][2]["record"] is True
