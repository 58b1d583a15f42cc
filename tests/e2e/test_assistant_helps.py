"""The assistant beside people: an answer that an agent sends on with one click, and trying it by voice."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import axe_violations, until
from tests.e2e.people import Scene, turns

pytestmark = [pytest.mark.e2e]

ANSWER = "세탁기 배송은 사흘 걸립니다."
KNOWN = """
from calls.models import Place
from transcripts.actions.documents import add_text
place = Place.objects.get(code="{code}")
add_text(place, "# 배송 안내\\n세탁기 배송이 너무 늦어요 하시면 이렇게 안내합니다. {answer}", title="", language="ko")
answer = place.pk
"""
SPOKEN_MS = 5_000


@pytest.mark.req("S2.6")
async def test_an_agent_sends_a_suggested_answer_into_the_chat(scene: Scene) -> None:
    scene.set("alice")
    scene.stack.ask(KNOWN.format(code=scene.code, answer=ANSWER))
    alice, cara = await scene.agent(), await scene.cara()
    await alice.goes_on_duty()
    await cara.calls()
    await alice.answers()
    card = alice.page.locator("[data-suggestions-list] article").first
    await expect(card).to_be_visible(timeout=60_000)  # she says it again and again
    await expect(card.locator("[data-suggestion-source]")).to_have_text("배송 안내")
    assert await axe_violations(alice.page) == []
    told = await card.locator("[data-suggestion-answer]").inner_text()
    await card.locator("[data-suggestion-send]").click()
    await expect(cara.page.locator("[data-unread]")).to_have_text("1")
    await cara.page.locator("[data-open-chat]").click()
    await cara.sees(told)
    assert ANSWER in told
    assert [*alice.tab.errors, *cara.tab.errors] == []


@pytest.mark.req("S2.5", "S2.6")
async def test_a_supervisor_tries_it_by_voice(scene: Scene) -> None:
    scene.set("alice", supervisor=True)
    place = scene.stack.ask(KNOWN.format(code=scene.code, answer=ANSWER))
    voice = turns("ko", "customer", scene.folder / "bob.wav", only=slice(0, 1))
    bob = await scene.agent("bob", voice=voice)
    await bob.logs_in()
    await bob.page.goto(f"{scene.stack.url}/assistant/{place}/try/")
    record = bob.page.locator("[data-trial-record]")
    await record.click()
    await expect(record).to_have_attribute("aria-pressed", "true")
    await bob.page.wait_for_timeout(SPOKEN_MS)  # as long as the question takes to say
    await record.click()
    await expect(bob.page.locator("[data-trial-asked]")).to_contain_text("배송이 너무 늦어요", timeout=30_000)
    await expect(bob.page.locator("[data-trial-reply]")).to_contain_text(ANSWER)

    async def plays() -> bool:
        player = bob.page.locator("[data-trial-audio]")
        return bool(await player.evaluate("(audio) => audio.duration > 1"))

    await until(plays, "the answer can be heard", 10)
    assert await axe_violations(bob.page) == []
    assert bob.tab.errors == []
