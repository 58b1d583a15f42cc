"""What captions must be for people who are hard of hearing: large, in contrast, told to screen readers, never lost."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.browser import axe_violations, until

READ = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.slice(0, 3).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const words = [...document.querySelectorAll("[data-captions] .caption:not([data-partial]) .said")];
  return words.map((said) => {
    const style = getComputedStyle(said);
    const [dark, bright] = [light(rgba(style.color)), light(behind(said))].sort((a, b) => a - b);
    const mine = said.closest(".caption").dataset.mine !== undefined;
    return { mine, px: parseFloat(style.fontSize) * (said.currentCSSZoom ?? 1), contrast: (bright + 0.05) / (dark + 0.05) };
  });
}"""
AT_END = "stage => stage.scrollTop > 120 && stage.scrollHeight - stage.scrollTop - stage.clientHeight < 80"
LEAST_PX, LEAST_CONTRAST, HIGH_CONTRAST = {False: 18, True: 15}, 4.5, 15
"""What the others say is large print; what one has said oneself may be smaller. 4.5 is WCAG's AA for text, 7 its AAA."""


async def captions_can_be_read(page: Page) -> None:
    """On a page with captions in a call."""
    stage = page.locator("[data-stage]")
    assert await stage.get_attribute("role") == "log"
    assert await stage.get_attribute("aria-live") == "polite"
    await expect(
        page.locator("[data-captions] .caption:not([data-mine]):not([data-partial])").first
    ).to_be_visible()
    usual = await _words(page)
    assert all(word["px"] >= LEAST_PX[word["mine"]] for word in usual), usual
    assert min(word["contrast"] for word in usual) >= LEAST_CONTRAST, usual

    for _ in range(2):
        await page.locator("[data-reading-larger]").click()
    await page.locator("[data-reading-contrast]").click()
    large = await _words(page)
    for mine in {word["mine"] for word in usual} & {word["mine"] for word in large}:
        assert _smallest(large, mine) >= 1.6 * _smallest(usual, mine)
    assert min(word["contrast"] for word in large) >= HIGH_CONTRAST, large
    assert await axe_violations(page) == []

    await the_past_stays(page)
    await page.reload()
    await expect(stage).to_have_attribute("data-size", "4")
    await expect(stage).to_have_attribute("data-contrast", "")


async def the_past_stays(page: Page) -> None:
    """Who reads back is not torn away, and finds the end again."""
    stage, latest = page.locator("[data-stage]"), page.locator("[data-latest]")
    await stage.evaluate("stage => { stage.style.maxBlockSize = '4rem'; }")
    await until(lambda: stage.evaluate(AT_END), "a smaller stage goes on showing the newest words", 40)
    await stage.hover()
    await page.mouse.wheel(0, -4_000)
    await expect(latest).to_be_visible()
    await until(lambda: stage.evaluate("stage => stage.scrollTop === 0"), "the first words are within reach")
    await latest.click()
    await expect(latest).to_be_hidden()
    await stage.evaluate("stage => { stage.style.maxBlockSize = ''; }")


def _smallest(words: list[dict[str, Any]], mine: bool) -> float:
    return min(float(word["px"]) for word in words if word["mine"] == mine)


async def _words(page: Page) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = await page.evaluate(READ)
    assert words
    return words
