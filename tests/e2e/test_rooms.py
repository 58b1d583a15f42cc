"""Colleagues meet: everyone to everyone while they are few; they see, hear and write, and the host keeps order."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import audio_received, axe_violations, until
from tests.e2e.people import Alice, Scene

pytestmark = [pytest.mark.e2e, pytest.mark.crowd]


async def makes_a_room(host: Alice, kind: str, name: str) -> str:
    """From the list of rooms, with every colleague; gives the room's address."""
    await host.page.goto(f"{host.stack.url}/rooms/")
    await host.page.locator(f"[data-create={kind}]").click()
    await host.page.locator("[data-room-name]").fill(name)
    for chip in await host.page.locator("[data-members] .chip").all():
        await chip.click()
    await host.page.locator("[data-create-form] [data-kind=act]").click()
    await host.page.wait_for_url("**/rooms/*-*/")
    return host.page.url


async def enters(person: Alice, url: str, *, video: bool = False) -> None:
    if person.page.url != url:
        await person.page.goto(url)
    if video:
        await person.page.locator("[data-pre-video]").click()
        await expect(person.page.locator("[data-preview-video]")).to_be_visible()
    await person.page.locator("[data-join]").click()
    await person.becomes("roomView", "meeting")


async def hears_everybody(person: Alice, others: int) -> None:
    async def enough() -> bool:
        rows = await audio_received(person.page)
        return len([row for row in rows if row.get("totalAudioEnergy", 0) > 0.0005]) >= others

    await until(enough, f"{person.tab.name} hears {others}", 40)


async def opens(person: Alice, panel: str) -> None:
    if await person.page.locator(".meet").get_attribute("data-panel") != panel:
        await person.page.locator(f"[data-control={panel}]").click()


async def test_two_meet_and_one_is_muted_and_writes(scene: Scene) -> None:
    scene.set("alice", "dan")
    alice, dan = await scene.agent("alice"), await scene.agent("dan")
    await alice.logs_in()
    await dan.logs_in()
    url = await makes_a_room(alice, "meeting", "금요일 상담 품질 회의")
    await enters(alice, url, video=True)
    await enters(dan, url)
    await alice.becomes("roomPeople", "2")
    await hears_everybody(alice, 1)
    await hears_everybody(dan, 1)
    await alice.becomes("mediaPlan", "mesh")
    await expect(dan.page.locator("[data-tile] video:not([hidden])")).to_have_count(1)

    await opens(dan, "chat")
    await dan.page.locator("[data-chat-text]").fill("자료는 https://hanbit.example/a 입니다. <b>굵게</b>")
    await dan.page.locator("[data-chat-send]").click()
    await opens(alice, "chat")
    await alice.sees("<b>굵게</b>")
    link = alice.page.locator(".log a")
    assert await link.get_attribute("rel") == "noopener noreferrer nofollow"
    await expect(dan.page.locator("[data-read]", has_text="김서연")).to_be_visible()

    await opens(alice, "people")
    await alice.page.locator("[data-people] [data-host-button]:visible").click()
    await alice.page.locator("[data-act=mute]:visible").click()
    await expect(dan.page.locator("[data-control=mute]")).to_have_attribute("aria-pressed", "true")
    await dan.sees("김서연 님이 내 소리를 껐습니다.")
    assert await axe_violations(alice.page) == []
    assert [*alice.tab.errors, *dan.tab.errors] == []


async def test_in_a_voice_room_all_is_heard_through_the_media_server(scene: Scene) -> None:
    scene.set("alice", "dan")
    alice, dan = await scene.agent("alice"), await scene.agent("dan")
    await alice.logs_in()
    await dan.logs_in()
    await dan.page.goto(f"{dan.stack.url}/rooms/")
    await dan.becomes("link", "online")
    url = await makes_a_room(alice, "voice", "쉬는 방")
    await enters(alice, url)
    await dan.page.locator("[data-toasts] a", has_text="들어가기").click()
    await dan.page.wait_for_url(url)
    await enters(dan, url)
    await alice.becomes("mediaPlan", "sfu")
    await hears_everybody(alice, 1)
    await hears_everybody(dan, 1)
    await expect(alice.page.locator("[data-tile][data-speaking]").first).to_be_visible()
    await dan.page.locator("[data-control=leave]").click()
    await alice.becomes("roomPeople", "1")
    assert [*alice.tab.errors, *dan.tab.errors] == []
