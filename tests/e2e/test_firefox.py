"""Firefox beside Chromium: the same rooms and calls, whichever browser people have."""

from __future__ import annotations

import pytest

from tests.e2e.browser import WATCH_CONNECTIONS, Tab
from tests.e2e.company import Colleague, Company, pages_are_well
from tests.e2e.firefox import Firefox
from tests.e2e.people import Cara, Scene

pytestmark = [pytest.mark.e2e, pytest.mark.crowd]

# A session that began with more people than can send to each other.
AS_FOR_MANY = """
from accounts.models import User
from calls.actions.rooms import start
from calls.models import Room, RoomSession
session, _ = start(User.objects.get(username="{username}"), Room.objects.get(pk="{room}"))
answer = RoomSession.objects.filter(pk=session.pk).update(plan="sfu")
"""


async def both_hear_each_other(alice: Colleague, dan: Colleague) -> None:
    await alice.hears_exactly([dan])
    await dan.hears_exactly([alice])


@pytest.mark.req("S4.1", "S4.2")
async def test_firefox_and_chromium_meet(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.one("alice"), await company.in_firefox("dan")
    url = company.room("meeting", "두 브라우저", "alice", "dan")
    for person in (alice, dan):
        await person.enters(url, video=True)
    for person in (alice, dan):
        await person.becomes("mediaPlan", "mesh")
        await person.becomes("roomMedia", "connected")
        await person.sees_pictures(1)
    await both_hear_each_other(alice, dan)
    await dan.page.locator("[data-control=leave]").click()
    await dan.becomes("roomView", "over")
    await alice.becomes("roomPeople", "1")
    assert await dan.open_devices() == 0
    pages_are_well([alice, dan])


@pytest.mark.long
@pytest.mark.req("S4.1", "S4.11")
async def test_firefox_and_chromium_meet_at_the_media_server(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.one("alice"), await company.in_firefox("dan")
    url = company.room("meeting", "서버로", "alice", "dan")
    for person in (alice, dan):
        await person.page.goto(url)
    scene.stack.ask(AS_FOR_MANY.format(username=alice.username, room=url.rstrip("/").split("/")[-1]))
    for person in (alice, dan):
        await person.enters(url, video=True)
    for person in (alice, dan):
        await person.becomes("mediaPlan", "sfu")
        await person.becomes("roomMedia", "connected")
        await person.sees_pictures(1)
    await both_hear_each_other(alice, dan)
    pages_are_well([alice, dan])


@pytest.mark.req("S3.1")
async def test_firefox_and_chromium_talk_in_a_voice_room(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.one("alice"), await company.in_firefox("dan")
    url = company.room("voice", "두 목소리", "alice", "dan")
    for person in (dan, alice):
        await person.enters(url)
    await both_hear_each_other(alice, dan)
    await alice.page.locator("[data-control=leave]").click()
    await dan.becomes("roomPeople", "1")
    pages_are_well([alice, dan])


@pytest.mark.req("S1.2", "S1.3", "S1.4")
async def test_a_customer_calls_with_firefox(scene: Scene) -> None:
    scene.set("alice")
    alice = await scene.agent()
    await alice.goes_on_duty()
    firefox = await Firefox.start(scene.folder, scene.browsers.stack)
    tab = Tab("cara", await firefox.page(phone=True))
    await tab.page.add_init_script(WATCH_CONNECTIONS)
    scene.browsers.tabs.append(tab)
    cara = Cara(tab, scene.stack, scene.code)
    await cara.calls()
    await alice.answers()
    for person in (alice, cara):
        await person.becomes("callStatus", "IN_PROGRESS", within=40)
        await person.hears(within=40)
        assert await person.state("mediaPath") == "direct"
    await cara.hangs_up()
    await alice.becomes("callStatus", "ENDED")
    assert (alice.tab.errors, cara.tab.errors) == ([], [])
