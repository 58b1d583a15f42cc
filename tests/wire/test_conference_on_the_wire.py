"""A colleague is invited by the sockets: rung, in the call, told of, and left with it."""

from __future__ import annotations

import pytest

from accounts.models import User
from calls.models import Call
from tests.cast import Cara, an_agent, on_duty, talking
from tests.fakes.media import FakeMediaClient
from tests.wire.pages import Refused, TestPage, both_in_call, db

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True), pytest.mark.req("S4.1")]


class Office:
    """alice talks with cara from an open desk; dan's desk is open too."""

    alice: User
    dan: User
    cara: Cara
    hers: TestPage
    his: TestPage
    dans: TestPage

    @property
    def call(self) -> Call:
        return self.cara.call

    async def dan_comes(self) -> dict:
        await self.hers.request("invite-colleague", colleagueId=self.dan.pk, reason="여권")
        offer = (await self.dans.next("offer-ringing"))["offer"]
        await self.dans.request("accept-offer", offerId=offer["offerId"])
        return await self.dans.joins(callId=offer["callId"])


@pytest.fixture
async def office():
    made = Office()
    made.alice = await db(an_agent)
    made.cara = await db(talking, made.alice)
    made.dan = await db(lambda: on_duty(an_agent("dan", name="이하늘")))
    made.hers, made.his = await both_in_call(made.alice, made.cara)
    await made.hers.request("open-desk")
    made.dans = await TestPage().__aenter__()
    await made.dans.opens_desk(made.dan)
    yield made
    for page in (made.hers, made.his, made.dans):
        await page.__aexit__(None, None, None)


async def test_an_invitation_rings_and_the_agent_hears_what_became_of_it(office) -> None:
    sent = await office.hers.request("invite-colleague", colleagueId=office.dan.pk, reason="여권")
    told = await office.hers.next("invitation")
    assert (told["offerId"], told["name"], told["state"]) == (sent["offerId"], "이하늘", "pending")
    offer = (await office.dans.next("offer-ringing"))["offer"]
    assert offer["invitation"] == {"by": "김서연", "reason": "여권"}
    await office.dans.request("reject-offer", offerId=offer["offerId"])
    assert (await office.hers.next("invitation"))["state"] == "rejected"


async def test_an_invitation_is_taken_back(office) -> None:
    sent = await office.hers.request("invite-colleague", colleagueId=office.dan.pk)
    await office.dans.next("offer-ringing")
    await office.hers.request("withdraw-invitation", offerId=sent["offerId"])
    assert (await office.dans.next("offer-ended"))["reason"] == "withdrawn"
    assert (await office.hers.next("invitation", state="withdrawn"))["name"] == "이하늘"


async def test_the_third_is_told_to_all_is_recorded_and_may_end_it(office, media: FakeMediaClient) -> None:
    joined = await office.dan_comes()
    assert (joined["role"], joined["call"]["mediaPath"]) == ("agent", "relayed")
    for page in (office.hers, office.his):
        assert (await page.next("peer-joined"))["name"] == "이하늘"
        assert (await page.next("path-changed"))["path"] == "relayed"
    await office.dans.request("join-room", roomId=str(office.call.pk))
    assert media.requests[-1][2]["record"] is True
    await office.dans.request("hang-up", callId=str(office.call.pk))
    assert (await office.his.next("call-state", status="ENDED"))["agent"]["name"] == "김서연"


async def test_the_agent_leaves_and_the_customer_reads_the_colleagues_name(office) -> None:
    await office.dan_comes()
    await office.hers.request("leave", callId=str(office.call.pk))
    left = await office.his.next("peer-left")
    assert left["peerId"] == office.hers.peer_id
    state = await office.his.next("call-state", agent={"name": "이하늘", "department": ""})
    assert state["status"] == "IN_PROGRESS"


async def test_neither_the_customer_nor_a_stranger_invites(office) -> None:
    with pytest.raises(Refused, match="forbidden"):
        await office.his.request("invite-colleague", colleagueId=office.dan.pk)
    async with TestPage() as page:
        await page.logs_in(await db(lambda: an_agent("mallory")))
        with pytest.raises(Refused):
            await page.request("invite-colleague", colleagueId=office.dan.pk, callId=str(office.call.pk))
    with pytest.raises(Refused, match="not_found"):
        await office.hers.request("invite-colleague", colleagueId=99_999)
