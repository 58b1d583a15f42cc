"""The agent's desk: offers ring, are answered once, and go on when nobody answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from calls.actions import presence
from calls.models import AgentStatus, DeskSession, Offer
from tests.cast import a_queue, a_supervisor, a_team, an_agent, cara_calls
from tests.wire.pages import Refused, TestPage, db

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


async def available(page: TestPage, user: Any) -> dict[str, Any]:
    snapshot = await page.opens_desk(user)
    await page.request("set-state", state="available")
    return snapshot


async def test_a_desk_needs_a_log_in() -> None:
    cara = await db(cara_calls)
    async with TestPage() as page:
        await page.joins(token=cara.token)
        for request in ("open-desk", "set-state"):
            with pytest.raises(Refused, match="not_authenticated"):
                await page.request(request, state="available")


@pytest.mark.req("S1.3")
async def test_a_call_rings_at_the_desk_and_the_waiting_list_shows_it() -> None:
    alice = await db(an_agent)
    async with TestPage() as desk:
        snapshot = await available(desk, alice)
        assert snapshot["waiting"] == []
        cara = await db(cara_calls)
        offer = (await desk.next("offer-ringing"))["offer"]
        assert (offer["callId"], offer["topic"]) == (str(cara.call.pk), "여권")
        [row] = (await desk.next("waiting"))["calls"]
        assert row["reference"] == cara.call.reference
        await desk.request("accept-offer", offerId=offer["offerId"])
        assert (await desk.next("offer-ended"))["reason"] == "accepted"
        await desk.next("desk-state", onCall=str(cara.call.pk))


async def test_a_desk_that_is_opened_while_a_call_waits_rings_at_once() -> None:
    alice = await db(an_agent)
    await db(presence.set_state, alice, "available")
    await db(cara_calls)
    async with TestPage() as desk:
        snapshot = await desk.opens_desk(alice)
        assert snapshot["offer"] is not None
        assert [m for m in await desk.everything() if m["type"] == "offer-ringing"] == []


@pytest.mark.req("S1.3")
async def test_a_rejected_call_rings_at_the_next_desk() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as hers, TestPage() as his:
        await available(hers, alice)
        await available(his, bob)
        await db(cara_calls)
        offer = (await hers.next("offer-ringing"))["offer"]
        await hers.request("reject-offer", offerId=offer["offerId"])
        assert (await hers.next("offer-ended"))["reason"] == "rejected"
        assert (await his.next("offer-ringing"))["offer"]["callId"] == offer["callId"]


async def test_an_unanswered_call_rings_at_the_next_desk(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.OFFER_SECONDS = 0.3
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as hers, TestPage() as his:
        await available(hers, alice)
        await available(his, bob)
        await db(cara_calls)
        offer = (await hers.next("offer-ringing"))["offer"]
        assert (await hers.next("offer-ended"))["reason"] == "expired"
        assert (await his.next("offer-ringing"))["offer"]["callId"] == offer["callId"]


async def test_two_agents_accept_at_once_one_wins_and_the_other_is_told() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as hers, TestPage() as second, TestPage() as his:
        await available(hers, alice)
        await second.opens_desk(alice)
        await available(his, bob)
        await db(cara_calls)
        offer = (await hers.next("offer-ringing"))["offer"]
        await second.next("offer-ringing")
        answers = await asyncio.gather(
            hers.request("accept-offer", offerId=offer["offerId"]),
            second.request("accept-offer", offerId=offer["offerId"]),
            his.request("accept-offer", offerId=offer["offerId"]),
            return_exceptions=True,
        )
        won = [answer for answer in answers if isinstance(answer, dict)]
        codes = sorted(answer.code for answer in answers if isinstance(answer, Refused))
        assert (len(won), codes) == (1, ["not_found", "offer_gone"])
        for page in (hers, second):
            assert (await page.next("offer-ended"))["reason"] == "accepted"


async def test_the_offer_of_another_agent_is_not_found() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as hers, TestPage() as his:
        await available(hers, alice)
        await db(cara_calls)
        offer = (await hers.next("offer-ringing"))["offer"]
        await his.opens_desk(bob)
        for verb in ("accept-offer", "reject-offer"):
            with pytest.raises(Refused, match="not_found"):
                await his.request(verb, offerId=offer["offerId"])


async def test_a_desk_that_dies_lets_its_offer_go_on() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as his:
        async with TestPage() as hers:
            await available(hers, alice)
            await available(his, bob)
            await db(cara_calls)
            await hers.next("offer-ringing")
        await his.next("offer-ringing")
    assert not await db(DeskSession.objects.exists)


async def test_an_offer_is_withdrawn_when_cara_hangs_up() -> None:
    alice = await db(an_agent)
    async with TestPage() as desk, TestPage() as page:
        await available(desk, alice)
        cara = await db(cara_calls)
        await desk.next("offer-ringing")
        await page.joins(token=cara.token)
        await page.request("hang-up")
        assert (await desk.next("offer-ended"))["reason"] == "withdrawn"


async def test_an_ending_whose_notice_was_lost_is_found_out_with_its_reason() -> None:
    alice = await db(an_agent)
    async with TestPage() as desk:
        await available(desk, alice)
        await db(cara_calls)
        offer = (await desk.next("offer-ringing"))["offer"]
        await db(Offer.objects.filter(pk=offer["offerId"]).update, state="expired")
        await db(presence.tell_presence, alice)
        ended = await desk.next("offer-ended")
        assert (ended["offerId"], ended["reason"]) == (offer["offerId"], "expired")


async def test_a_state_is_shown_on_all_desk_pages_and_to_colleagues() -> None:
    alice, bob = await db(an_agent), await db(an_agent, "bob")
    async with TestPage() as first, TestPage() as second, TestPage() as his:
        await first.opens_desk(alice)
        await second.opens_desk(alice)
        await his.opens_desk(bob)
        await first.request("set-state", state="away")
        await second.next("desk-state", state="away")
        seen = await his.match(
            lambda m: m["type"] == "colleagues" and m["agents"] and m["agents"][0]["state"] == "away"
        )
        assert seen["agents"][0]["userId"] == alice.pk


async def test_a_supervisor_sees_the_waiting_calls_of_the_team_and_no_others() -> None:
    bob = await db(a_supervisor)
    async with TestPage() as desk:
        await desk.opens_desk(bob)
        cara = await db(cara_calls)
        [row] = (await desk.next("waiting"))["calls"]
        assert row["callId"] == str(cara.call.pk)
    other = await db(lambda: a_supervisor("carol", queue=a_queue("other", a_team("other"))))
    async with TestPage() as desk:
        assert (await desk.opens_desk(other))["waiting"] == []


async def test_opening_the_desk_again_is_the_same_desk() -> None:
    alice = await db(an_agent)
    async with TestPage() as desk:
        await desk.opens_desk(alice)
        await desk.request("open-desk")
        assert await db(DeskSession.objects.count) == 1


async def test_a_lease_that_ran_out_while_the_computer_slept_is_taken_anew() -> None:
    alice = await db(an_agent)
    async with TestPage() as desk:
        await available(desk, alice)
        await db(DeskSession.objects.all().delete)
        await desk.request("ping")
        await db(cara_calls)
        await desk.next("offer-ringing")
        assert await db(AgentStatus.objects.reachable().count) == 1
