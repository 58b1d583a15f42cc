"""A third person in a customer's call: a supervisor who listens and takes it over."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import audio_received, axe_violations, until
from tests.e2e.people import Person, Scene

pytestmark = pytest.mark.e2e


async def streams_heard(person: Person) -> int:
    """How many different sounds with energy in them come."""
    return sum(row.get("totalAudioEnergy", 0) > 0.0005 for row in await audio_received(person.page))


async def hears_sides(person: Person, sides: int) -> None:
    async def heard() -> bool:
        return await streams_heard(person) >= sides

    await until(heard, f"{person.tab.name} hears {sides}", 30)


@pytest.mark.req("S1.9")
async def test_a_supervisor_listens_is_seen_and_takes_the_call_over(scene: Scene) -> None:
    scene.set("alice", supervisor=True)
    alice, cara, bob = await scene.agent(), await scene.cara(), await scene.agent("bob")
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    await alice.becomes("callStatus", "IN_PROGRESS")
    await bob.logs_in()
    await bob.page.goto(f"{scene.stack.url}/overview/")
    await bob.page.locator("[data-running] button[formaction]").first.click()
    await bob.becomes("sound", "working")
    await hears_sides(bob, 2)
    await expect(alice.page.locator("[data-listening]")).to_contain_text("박도현")
    await expect(cara.page.locator("[data-listening]")).to_be_hidden()
    assert await axe_violations(bob.page) == []

    await bob.page.locator("[data-take-over]").click()
    await bob.page.wait_for_url("**/desk/")
    await bob.becomes("callStatus", "IN_PROGRESS")
    await expect(cara.page.locator("[data-agent-name]")).to_contain_text("박도현")
    await expect(alice.page.locator("[data-on=wrap]")).to_be_visible()
    await expect(alice.page.locator("[data-wrap-line]")).to_contain_text("박도현")
    await bob.hears()
    await cara.becomes("remoteAudio", "flowing")
    await bob.hangs_up()
    await cara.becomes("callStatus", "ENDED")
    assert [*alice.tab.errors, *bob.tab.errors, *cara.tab.errors] == []


@pytest.mark.req("S4.1")
async def test_a_colleague_is_invited_and_has_the_call_when_the_agent_leaves(scene: Scene) -> None:
    scene.set("alice", "dan")
    alice, cara, dan = await scene.agent(), await scene.cara(), await scene.agent("dan")
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    await alice.becomes("callStatus", "IN_PROGRESS")
    await dan.goes_on_duty()
    await alice.page.locator("[data-invite]").click()
    await alice.page.locator("[data-invite-reason]").fill("여권 재발급")
    await alice.page.locator("[data-invite-dialog] button[value=invite]").click()
    await dan.is_rung()
    await dan.sees("여권 재발급")
    assert await axe_violations(dan.page) == []
    await dan.answers()
    for person in (alice, cara, dan):
        await hears_sides(person, 2)
    await expect(cara.page.locator("[data-agent-name]")).to_contain_text("김서연, 이하늘")
    await expect(alice.page.locator("[data-colleagues-names]")).to_contain_text("이하늘")
    assert await axe_violations(alice.page) == []

    await alice.page.locator("[data-leave-call]").click()
    await expect(alice.page.locator("[data-on=wrap]")).to_be_visible()
    await expect(cara.page.locator("[data-agent-name]")).not_to_contain_text("김서연")
    await dan.becomes("remoteAudio", "flowing")
    await cara.becomes("remoteAudio", "flowing")
    await dan.hangs_up()
    await cara.becomes("callStatus", "ENDED")
    assert [*alice.tab.errors, *dan.tab.errors, *cara.tab.errors] == []
