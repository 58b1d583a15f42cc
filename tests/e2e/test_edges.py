"""What does not go as planned: nobody on duty, a call passed on, a refused microphone, links that open nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from playwright.async_api import expect

from calls.simulation.wire import Wire, WireError
from tests.e2e.browser import axe_violations
from tests.e2e.people import Scene

pytestmark = pytest.mark.e2e


@pytest.mark.req("S1.3")
async def test_a_call_that_alice_passes_on_rings_at_dan(scene: Scene) -> None:
    scene.set("alice", "dan")
    alice, dan, cara = await scene.agent("alice"), await scene.agent("dan"), await scene.cara()
    await alice.goes_on_duty()
    await dan.goes_on_duty()
    await cara.calls()
    await alice.passes_on()
    await dan.answers()
    await cara.becomes("callStatus", "IN_PROGRESS")
    await cara.sees("이하늘")
    await dan.hangs_up()
    await expect(cara.page.locator("[data-on=ended]")).to_be_visible()


async def test_nobody_is_on_duty_and_the_customer_keeps_a_number(scene: Scene) -> None:
    scene.set("alice", hours="평일 09:00 - 18:00", phone="02-000-0120")
    cara = await scene.cara()
    await cara.opens_the_link()
    assert await axe_violations(cara.page) == []
    await cara.calls()
    await expect(cara.page.locator("[data-nobody]")).to_be_visible()
    assert await axe_violations(cara.page) == []
    await cara.page.locator("[data-on=queue] [data-leave]").click()
    await cara.page.locator("[data-leave-dialog] button[value=leave]").click()
    await expect(cara.page.locator("[data-on=failed]")).to_be_visible()
    assert await axe_violations(cara.page) == []


async def test_a_refused_microphone_is_explained_and_loses_no_place(scene: Scene) -> None:
    scene.set("alice")
    cara = await scene.cara(microphone=False)
    await cara.calls(language="en")
    await expect(cara.page.locator("[data-on=microphone]")).to_be_visible()
    await expect(cara.page.locator("[data-mic-retry]")).to_be_enabled()
    assert await axe_violations(cara.page) == []
    assert (
        scene.stack.ask("from calls.models import Call; answer = Call.objects.latest('created_at').status")
        == "RINGING"
    )


@pytest.mark.req("S1.2")
async def test_the_customer_rates_the_call(scene: Scene) -> None:
    scene.set("alice")
    alice, cara = await scene.agent(), await scene.cara()
    await alice.goes_on_duty()
    assert await axe_violations(alice.page) == []
    await cara.calls()
    await alice.is_rung()
    assert await axe_violations(alice.page) == []
    await alice.answers()
    await cara.becomes("callStatus", "IN_PROGRESS")
    assert await axe_violations(alice.page) == []
    assert await axe_violations(cara.page) == []
    await alice.hangs_up()
    await expect(cara.page.locator("[data-on=ended]")).to_be_visible()
    assert await axe_violations(cara.page) == []
    await cara.page.locator("[data-on=ended] label:has(input[name=rating][value='4'])").click()
    await cara.page.locator("[data-on=ended] button.btn[data-kind=act]").click()
    await expect(cara.page.locator("[data-on=ended] [role=status]")).to_be_visible()
    assert (
        scene.stack.ask("from calls.models import Call; answer = Call.objects.latest('created_at').rating")
        == 4
    )


@pytest.mark.req("S1.2", "S5.5")
async def test_links_and_tokens_that_open_nothing(scene: Scene) -> None:
    scene.set("alice")
    cara = await scene.cara()
    await cara.calls()
    mallory = await scene.cara(name="mallory")
    for path in ("/p/mademadeupup/", "/call/made-up-token/"):
        answer = await mallory.page.goto(scene.stack.url + path)
        assert answer is not None
        assert answer.status == 404
        await expect(mallory.page.locator("h1")).to_be_visible()
        assert await axe_violations(mallory.page) == []
    await the_socket_refuses(scene, "made-up-token")
    await the_api_refuses(scene, cara.token)


async def the_socket_refuses(scene: Scene, token: str) -> None:
    async with Wire(scene.stack.socket_url, scene.stack.url) as wire:
        with pytest.raises(WireError) as refusal:
            await wire.request("join", token=token)
        assert refusal.value.code == "token_invalid"
    async with Wire(scene.stack.socket_url, scene.stack.url) as wire:
        with pytest.raises(WireError) as refusal:
            await wire.request("open-desk")
        assert refusal.value.code == "not_authenticated"


async def the_api_refuses(scene: Scene, token: str) -> None:
    """cara's token opens cara's call and no other."""
    other = scene.stack.ask(
        "from calls.models import Call\nfrom tests.cast import cara_calls\nfrom calls.models import Place\n"
        f"answer = str(cara_calls(Place.objects.get(code='{scene.code}')).call.pk)"
    )
    own = scene.stack.ask(
        f"from calls.models import Call; answer = str(Call.objects.holding('{token}').get().pk)"
    )
    assert api(scene, own, f"Call {token}")[0] == 200
    assert api(scene, other, f"Call {token}") == (404, "not_found")
    assert api(scene, own, "Call made-up") == (401, "token_invalid")
    assert api(scene, own, "")[0] == 401


def api(scene: Scene, call_id: str, authorization: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{scene.stack.url}/api/v1/calls/{call_id}")
    if authorization:
        request.add_header("Authorization", authorization)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["code"]


@pytest.mark.req("S1.9")
async def test_the_supervisor_sees_agents_and_calls(scene: Scene) -> None:
    scene.set("alice", supervisor=True)
    alice, bob = await scene.agent("alice"), await scene.agent("bob")
    await alice.goes_on_duty()
    await bob.logs_in_with_the_password()
    await bob.page.goto(f"{scene.stack.url}/overview/")
    await bob.sees("김서연")
    assert await axe_violations(bob.page) == []
    for path in ("/records/", "/accounts/", "/admin/"):
        await bob.page.goto(scene.stack.url + path)
        assert await axe_violations(bob.page, {"critical"}) == []


@pytest.mark.req("S1.1")
async def test_the_log_in_page_and_a_wrong_password(scene: Scene) -> None:
    scene.set("alice")
    alice = await scene.agent()
    await alice.page.goto(f"{scene.stack.url}/accounts/login/")
    assert await axe_violations(alice.page) == []
    await alice.page.locator("input[name=username]").fill(alice.username)
    await alice.page.locator("input[name=password]").fill("wrong")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator(".error, [role=alert]").first).to_be_visible()
    assert await axe_violations(alice.page) == []
