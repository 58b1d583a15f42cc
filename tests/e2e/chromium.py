"""Running Chromium processes: one for each voice, because the fake microphone belongs to the process.

One takes more than a second of a processor to start, so it is kept for the next test; a page's context never is.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from playwright.async_api import Browser, Playwright, async_playwright

from tests.services import ServiceError

NAMES = ("chromium", "chromium-browser", "google-chrome")
KEPT = 4
"""Idle ones; each holds a good 200 MB."""

# The first line draws the suggestions under the address bar, in a process of their own, for every window. The others are
# what Playwright switches off itself: the last switch of this name counts alone.
UNWANTED = (
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,"
    "AimEnabled,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,"
    "HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,"
    "ThirdPartyStoragePartitioning"
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={UNWANTED}",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
REFUSED = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")


@dataclass(frozen=True)
class Kind:
    """What a process is started with. `prefix` runs it elsewhere, for instance `("ip", "netns", "exec", "a")`."""

    voice: str
    microphone: bool
    prefix: tuple[str, ...]
    flags: tuple[str, ...]


class Chromiums:
    """Lends processes. Two borrowers never have the same one."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright = playwright
        self._folder = folder
        self._idle: list[tuple[Kind, Browser]] = []

    @asynccontextmanager
    async def lend(
        self,
        *flags: str,
        voice: Path | None = None,
        microphone: bool = True,
        prefix: tuple[str, ...] = (),
    ) -> AsyncIterator[Browser]:
        """`voice` is a WAV file, played in a loop as the microphone; `microphone=False` refuses it as a person would."""
        kind = Kind(self._keep_voice(voice) if voice else "", microphone, prefix, flags)
        browser = self._take(kind) or await self._start(kind)
        try:
            yield browser
        finally:
            await self._put_back(kind, browser)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop()[1].close()

    def _keep_voice(self, voice: Path) -> str:
        """The same words are the same voice, whichever test made the file."""
        if not voice.exists():
            raise ServiceError(f"no such voice: {voice}")
        kept = self._folder / f"{sha256(voice.read_bytes()).hexdigest()}.wav"
        if not kept.exists():
            shutil.copy(voice, kept)
        return str(kept)

    def _take(self, kind: Kind) -> Browser | None:
        found = next((each for each in self._idle if each[0] == kind and each[1].is_connected()), None)
        if found is None:
            return None
        self._idle.remove(found)
        return found[1]

    async def _start(self, kind: Kind) -> Browser:
        return await self._playwright.chromium.launch(
            executable_path=self._program(kind.prefix),
            args=[*FLAGS, *_microphone(kind), *kind.flags],
            ignore_default_args=["--headless", "--mute-audio"],
            headless=False,  # the flag above chooses the new headless mode; Playwright's own is another browser
        )

    async def _put_back(self, kind: Kind, browser: Browser) -> None:
        for context in browser.contexts:
            await context.close()
        if kind.prefix:  # that place goes with the test
            await browser.close()
            return
        self._idle.append((kind, browser))
        while len(self._idle) > KEPT:
            await self._idle.pop(0)[1].close()

    def _program(self, prefix: tuple[str, ...]) -> str:
        if not prefix:
            return chromium()
        script = self._folder / "chromium"
        script.write_text(f'#!/bin/sh\nexec {" ".join(prefix)} {chromium()} "$@"\n')
        script.chmod(0o755)
        return str(script)


@asynccontextmanager
async def chromiums(folder: Path) -> AsyncIterator[Chromiums]:
    async with async_playwright() as playwright:
        lender = Chromiums(playwright, folder)
        yield lender
        await lender.close()


def chromium() -> str:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise ServiceError("Chromium is missing; make test installs it or says how")


def _microphone(kind: Kind) -> tuple[str, ...]:
    if not kind.microphone:
        return REFUSED
    return (*MICROPHONE, *([f"--use-file-for-fake-audio-capture={kind.voice}"] if kind.voice else []))
