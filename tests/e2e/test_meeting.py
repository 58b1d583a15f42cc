"""A meeting of four in real browsers: it moves to the media server while it goes on, and the host keeps order."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.company import Company, nobody_was_missed, pages_are_well
from tests.e2e.gaps import Gaps
from tests.e2e.people import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.long]

# As an administrator would: nothing is told to the page itself.
WITHDRAW = """
from django.utils import timezone
from calls.models import Membership
answer = Membership.objects.filter(user__username="{username}").update(removed_at=timezone.now())
"""


@pytest.mark.req("S4.2", "S4.6")
async def test_the_host_mutes_one_and_removes_one(scene: Scene, company: Company) -> None:
    names = ("alice", "dan", "erin", "finn")
    scene.set(*names)
    people = alice, dan, erin, finn = await company.of(*names)
    url = company.room("meeting", "네 사람", *names)
    for person in people:
        await person.enters(url)
    for person in people:
        await person.becomes("roomPeople", "4")
        await person.hears_exactly([other for other in people if other is not person])

    await alice.acts_on(erin, "mute")
    await erin.sees("김서연 님이 내 소리를 껐습니다.")
    await expect(erin.page.locator("[data-control=mute]")).to_have_attribute("aria-pressed", "true")

    await alice.acts_on(finn, "remove")
    await finn.becomes("roomView", "over")
    await finn.sees("진행자가")
    await expect(finn.page.locator("[data-again]")).to_be_hidden()
    assert await finn.open_devices() == 0
    await dan.becomes("roomPeople", "3")
    nobody_was_missed([alice, dan, erin, finn])
    pages_are_well([alice, dan, erin, finn])


@pytest.mark.req("S4.2")
async def test_who_loses_the_right_to_a_room_while_in_it_is_told_and_out(
    scene: Scene, company: Company
) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.of("alice", "dan")
    url = company.room("meeting", "둘", "alice", "dan")
    for person in (alice, dan):
        await person.enters(url)
    await alice.becomes("roomPeople", "2")
    scene.stack.ask(WITHDRAW.format(username=dan.username))
    await dan.becomes("roomView", "over")
    assert await dan.open_devices() == 0
    pages_are_well([alice, dan])


@pytest.mark.req("S4.1", "S4.11")
async def test_the_fourth_moves_a_meeting_with_pictures_and_nothing_is_missed(
    scene: Scene, company: Company
) -> None:
    names = ("alice", "dan", "erin", "finn")
    scene.set(*names)
    people = *few, finn = await company.of(*names)
    url = company.room("meeting", "네 얼굴", *names)
    for person in few:
        await person.enters(url, video=True)
    for person in few:
        await person.becomes("mediaPlan", "mesh")
        await person.sees_pictures(2)
        await person.hears_exactly([other for other in few if other is not person])
    gaps = [await Gaps.of(person) for person in few]

    await finn.enters(url, video=True)
    for person in people:
        await person.becomes("mediaPlan", "sfu", 60)
        await person.sees_pictures(3)
        await person.hears_exactly([other for other in people if other is not person])
    for each in gaps:
        await each.changed_over(voices=2, pictures=2)
        print(f"{each.person.tab.name}: longest gap, ms: {await each.longest()}")
    pages_are_well(people)
