"""What else people do in rooms: share a screen, come without a camera, use the keyboard alone, start at once, knock in vain."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.browser import axe_violations, until
from tests.e2e.company import Colleague, Company, pages_are_well
from tests.e2e.people import Scene

pytestmark = pytest.mark.e2e

# As when the person says no.
NO_CAMERA = """
(() => {
  const { getUserMedia } = navigator.mediaDevices;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (wanted.video) throw new DOMException("Permission denied", "NotAllowedError");
    return getUserMedia(wanted);
  };
})();
"""
# A page that does not do what it is told.
NEVER_SILENT = """
() => {
  const loud = { get: () => true, set: () => undefined };
  for (const track of window.__opened) Object.defineProperty(track, "enabled", loud);
}
"""
IS_PLAYED = "() => !document.querySelector(\"[data-sound$=' microphone']\").muted"
USER = "from accounts.models import User; answer = User.objects.get(username='{username}').pk"
SESSIONS = """
from calls.models import RoomSession
answer = RoomSession.objects.filter(room="{room}").count()
"""


async def two_in_a_meeting(scene: Scene, company: Company) -> tuple[Colleague, Colleague]:
    scene.set("alice", "dan")
    alice, dan = await company.of("alice", "dan")
    url = company.room("meeting", "둘이서", "alice", "dan")
    for person in (alice, dan):
        await person.enters(url)
    await alice.becomes("roomPeople", "2")
    await alice.hears_exactly([dan])
    return alice, dan


@pytest.mark.req("S4.9")
async def test_a_shared_screen_is_seen_and_heard_until_it_ends(scene: Scene, company: Company) -> None:
    alice, dan = await two_in_a_meeting(scene, company)
    await alice.page.locator("[data-control=share]").click()
    screen = dan.page.locator("[data-tile][data-screen]")
    await expect(screen.locator("video")).to_be_visible()
    await dan.sees_pictures(1)
    assert await dan.page.locator("[data-sound$=' screen-audio']").count() == 1
    await alice.page.locator("[data-control=share]").click()
    await expect(screen).to_have_count(0)
    assert await alice.open_devices() == 1
    pages_are_well([alice, dan])


@pytest.mark.req("S4.6")
async def test_who_is_muted_by_the_host_is_not_played_even_if_they_go_on_sending(
    scene: Scene, company: Company
) -> None:
    alice, dan = await two_in_a_meeting(scene, company)
    await dan.page.evaluate(NEVER_SILENT)
    await alice.acts_on(dan, "mute")
    await expect(dan.page.locator("[data-control=mute]")).to_have_attribute("aria-pressed", "true")

    async def is_played() -> bool:
        return bool(await alice.page.evaluate(IS_PLAYED))

    async def is_silenced() -> bool:
        return not await is_played()

    await until(is_silenced, "alice's page plays dan no more")
    await alice.hears_exactly([dan])  # listens to what comes in, not to what is played
    await dan.page.locator("[data-control=mute]").click()
    await until(is_played, "alice's page plays dan again")
    pages_are_well([alice, dan])


@pytest.mark.req("S4.3")
async def test_who_refuses_the_camera_reads_how_to_allow_it_and_comes_in_without(
    scene: Scene, company: Company
) -> None:
    scene.set("alice")
    (alice,) = await company.of("alice")
    await alice.page.add_init_script(NO_CAMERA)
    await alice.page.goto(company.room("meeting", "카메라 없이", "alice"))
    await alice.page.locator("[data-pre-video]").click()
    trouble = alice.page.locator("[data-cam-trouble]")
    await expect(trouble).to_be_visible()
    await expect(trouble).to_contain_text("카메라")
    assert await axe_violations(alice.page) == []
    await alice.page.locator("[data-join]").click()
    await alice.becomes("roomView", "meeting")
    await expect(alice.page.locator("[data-tile] video:not([hidden])")).to_have_count(0)
    await alice.page.locator("[data-control=video]").click()
    await expect(alice.page.locator("[data-toasts]")).to_contain_text("카메라")
    pages_are_well([alice])


@pytest.mark.req("S4.12")
async def test_with_the_keyboard_alone(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.of("alice", "dan")
    url = company.room("meeting", "자판으로", "alice", "dan")
    await dan.enters(url)
    await alice.page.goto(url)
    keys = alice.page.keyboard
    await tabs_to(alice, "data-join")
    await keys.press("Enter")
    await alice.becomes("roomView", "meeting")
    await dan.becomes("roomPeople", "2")

    row = dan.page.locator("[data-people] li", has_text=alice.username_shown)
    await dan.shows("people")
    await keys.press("m")
    await expect(row.locator("[data-muted]")).to_be_visible()
    await keys.down(" ")  # on the button that has the focus, Space presses it; elsewhere it speaks while held
    await keys.up(" ")
    await expect(row.locator("[data-muted]")).to_be_hidden()
    await keys.press("h")
    await expect(row.locator("[data-hand]")).to_be_visible()

    await dan.shows("chat")
    if await alice.page.locator(".meet").get_attribute("data-panel") == "chat":
        await keys.press("c")  # wide pages begin with the chat open
    await keys.press("c")
    await expect(alice.page.locator("[data-chat-text]")).to_be_focused()
    await keys.type("자판으로 씁니다")
    await keys.press("Enter")
    await dan.sees("자판으로 씁니다")

    await tabs_to(alice, "data-control", "leave")
    await keys.press("Enter")
    await alice.becomes("roomView", "over")
    await dan.becomes("roomPeople", "1")
    pages_are_well([alice, dan])


@pytest.mark.req("S4.4")
async def test_two_who_start_at_once_are_in_one_session(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.of("alice", "dan")
    url = company.room("meeting", "동시에", "alice", "dan")
    for person in (alice, dan):
        await person.page.goto(url)
    await asyncio.gather(*(person.enters(url) for person in (alice, dan)))
    for person, other in ((alice, dan), (dan, alice)):
        await person.becomes("roomPeople", "2")
        await person.hears_exactly([other])
    assert scene.stack.ask(SESSIONS.format(room=url.rstrip("/").split("/")[-1])) == 1
    pages_are_well([alice, dan])


@pytest.mark.req("S4.2")
@pytest.mark.parametrize(("language", "words"), [("ko", "이 방"), ("en", "not a member")])
async def test_who_is_no_member_reads_why(scene: Scene, company: Company, language: str, words: str) -> None:
    scene.set("alice", "dan")
    (dan,) = await company.of("dan", language=language)
    response = await dan.page.goto(f"{company.room('meeting', '남의 방', 'alice')}?lang={language}")
    assert response is not None
    assert response.status == 403
    await expect(dan.page.locator("[data-refusal=not_member]")).to_contain_text(words)
    assert await axe_violations(dan.page) == []


@pytest.mark.req("S5.3")
async def test_a_page_that_nobody_touches_for_five_minutes_is_away(scene: Scene, company: Company) -> None:
    scene.set("alice", "dan")
    alice, dan = await company.of("alice", "dan")
    await alice.page.clock.install()
    for person in (alice, dan):
        await person.page.goto(f"{scene.stack.url}/rooms/")
        await person.becomes("link", "online")
    me = scene.stack.ask(USER.format(username=alice.username))
    dot = dan.page.locator(f"[data-person='{me}'] [data-presence]").first
    await expect(dot).to_have_attribute("data-presence", "online")
    await alice.page.clock.fast_forward("05:01")
    await expect(dot).to_have_attribute("data-presence", "away")
    await alice.page.mouse.move(200, 200)
    await expect(dot).to_have_attribute("data-presence", "online")


async def tabs_to(person: Colleague, attribute: str, value: str = "") -> None:
    """By Tab and the arrows alone, to the element with this attribute."""
    wanted = f"[{attribute}={value}]" if value else f"[{attribute}]"
    for _step in range(60):
        if await person.page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
        await person.page.keyboard.press("Tab")
    raise AssertionError(f"no way to {wanted} by Tab")
