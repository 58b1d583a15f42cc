"""In a customer's call: "show me the product". The camera opens only after a yes, and either side ends it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.browser import axe_violations, until
from tests.e2e.paths import Talk, in_a_call, keeps_hearing
from tests.e2e.people import Scene

pytestmark = pytest.mark.e2e

DECODED = """
() => {
  const video = document.querySelector("figure[data-shown]:not([hidden]) video");
  return video ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
}
"""
CAMERAS = """
(() => {
  const { getUserMedia } = navigator.mediaDevices;
  window.__cameras = [];
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const small = wanted.video ? { ...wanted, video: { width: 320, height: 180, frameRate: 5 } } : wanted;
    const stream = await getUserMedia.call(navigator.mediaDevices, small);
    window.__cameras.push(...stream.getVideoTracks());
    return stream;
  };
})();
"""
OPEN_CAMERAS = "() => window.__cameras.filter(({ readyState }) => readyState === 'live').length"


async def asks(talk: Talk) -> None:
    await talk.alice.page.locator("[data-on=talk] [data-show=ask]").click()
    await expect(talk.cara.page.locator("[data-show=accept]")).to_be_focused()


@pytest.mark.req("S4.1")
async def test_a_no_opens_no_camera_and_after_a_yes_the_customer_shows_something_and_ends_it(
    scene: Scene,
) -> None:
    scene.set("alice")
    talk = await in_a_call(scene, CAMERAS)
    await asks(talk)
    await talk.cara.page.locator("[data-show=decline]").click()
    await talk.alice.sees("고객이 음성으로만 상담하기를 원합니다.")
    assert await talk.cara.page.evaluate(OPEN_CAMERAS) == 0
    assert await talk.alice.state("showing") == "off"

    await asks(talk)
    assert await talk.cara.page.evaluate(OPEN_CAMERAS) == 0
    assert await axe_violations(talk.cara.page) == []
    await talk.cara.page.locator("[data-show=accept]").click()

    async def moves() -> bool:
        return int(await talk.alice.page.evaluate(DECODED)) > 10

    await until(moves, "alice sees what cara shows", 40)
    await keeps_hearing(talk.alice)
    assert await axe_violations(talk.alice.page) == []
    await talk.cara.page.locator("[data-show=stop]").click()
    await expect(talk.alice.page.locator("figure[data-shown]")).to_be_hidden()
    assert await talk.cara.page.evaluate(OPEN_CAMERAS) == 0

    await asks(talk)
    await talk.cara.page.locator("[data-show=accept]").click()
    await talk.alice.becomes("showing", "shown")
    await talk.alice.page.locator("[data-on=talk] [data-show=ask]").click()
    await talk.cara.becomes("showing", "off")
    assert await talk.cara.page.evaluate(OPEN_CAMERAS) == 0
    await keeps_hearing(talk.alice)
    assert [*talk.alice.tab.errors, *talk.cara.tab.errors] == []
