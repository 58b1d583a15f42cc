"""Real Chromium pages with a voice: one browser per voice, because the fake microphone is per process."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    WebSocket,
    async_playwright,
)

from tests.services import ROOT, ServiceError

T = TypeVar("T")
AXE = ROOT / "config" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
LOCALES = {"ko": "ko-KR", "en": "en-US"}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
STORY = 120
UNTOLD = {"ping", "audio-data", "stats"}
TOLD = ("id", "code", "status", "path", "state", "kind", "role", "seq", "reason")
CONNECTION_STATES = """
() => (window.__connections ?? []).map((one) => [
  one.remoteDescription?.sdp.includes("ice-lite") ? "connection to the server:" : "direct connection:",
  one.connectionState, "ice", one.iceConnectionState, "gathering", one.iceGatheringState, one.signalingState,
].join(" "))
"""


@dataclass
class Tab:
    """One browser of one person: its page, and what went wrong on it."""

    name: str
    page: Page
    errors: list[str] = field(default_factory=list)
    story: deque[str] = field(default_factory=lambda: deque(maxlen=STORY))
    """What its sockets carried last, without anybody's words: for who looks at a failure."""

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.name}: {error}"))
        self.page.on("console", self._note)
        self.page.on("websocket", self._follow)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{self.name}: {message.text}")

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda text: self._tell(">", text))
        socket.on("framereceived", lambda text: self._tell("<", text))
        socket.on("close", lambda _: self._tell("x", '{"type": "socket closed"}'))

    def _tell(self, way: str, text: str | bytes) -> None:
        message = json.loads(text)
        if message["type"] not in UNTOLD:
            facts = " ".join(f"{key}={message[key]}" for key in TOLD if key in message)
            self.story.append(f"{time.strftime('%H:%M:%S')} {way} {message['type']} {facts}")

    async def tell_story(self) -> str:
        """How the page says it stands, its connections, its errors and its last messages."""
        marks = await self.page.evaluate("() => ({...document.documentElement.dataset})")
        connections = await self.page.evaluate(CONNECTION_STATES)
        return "\n".join([f"== {self.name}: {marks}", *connections, *self.errors, *self.story])


class Browsers:
    """Opens browsers and closes them all at the end of a test."""

    def __init__(self, playwright: Playwright, folder: Path, stack: AsyncExitStack) -> None:
        self.playwright = playwright
        self.folder = folder
        self.tabs: list[Tab] = []
        self.stack = stack

    async def open(
        self,
        name: str,
        *,
        voice: Path | None = None,
        language: str = "ko",
        phone: bool = False,
        dark: bool = False,
        microphone: bool = True,
        processes_prefix: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
    ) -> Tab:
        """A fresh browser for `name`; `voice` is a WAV file, played in a loop as the microphone.

        `microphone=False` refuses it as a person would. `processes_prefix` runs the browser elsewhere, for instance
        `("ip", "netns", "exec", "a")`.
        """
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        context = await self.playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=_program(folder, processes_prefix),
            args=[*FLAGS, *_microphone(microphone, voice), *flags],
            ignore_default_args=["--headless", "--mute-audio"],
            headless=False,  # the flag above chooses the new headless mode; Playwright's own is another browser
            locale=LOCALES[language],
            timezone_id="Asia/Seoul",
            viewport=PHONE if phone else DESK,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
        )
        self.stack.push_async_callback(context.close)
        context.set_default_timeout(20_000)
        tab = Tab(name, context.pages[0] if context.pages else await context.new_page())
        self.tabs.append(tab)
        return tab

    async def shared(self, *flags: str, processes_prefix: tuple[str, ...] = ()) -> Browser:
        """One browser for several people; each gets a `context`."""
        browser = await self.playwright.chromium.launch(
            executable_path=_program(self.folder, processes_prefix),
            args=[*FLAGS, *MICROPHONE, *flags],
            ignore_default_args=["--headless", "--mute-audio"],
            headless=False,
        )
        self.stack.push_async_callback(browser.close)
        return browser

    async def context(self, browser: Browser, *, language: str = "ko", phone: bool = False) -> BrowserContext:
        context = await browser.new_context(
            locale=LOCALES[language],
            timezone_id="Asia/Seoul",
            viewport=PHONE if phone else DESK,
            has_touch=phone,
        )
        context.set_default_timeout(60_000)  # a crowd of pages takes its time
        return context

    async def keep_pictures(self) -> None:
        """What each page looked like when a test failed: beside the browsers' profiles. Its story goes to the report."""
        for tab in self.tabs:
            if not tab.page.is_closed():
                print(await tab.tell_story())
                await tab.page.screenshot(path=str(self.folder / f"{tab.name}.png"), full_page=True)


@asynccontextmanager
async def browsers(folder: Path) -> AsyncIterator[Browsers]:
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        yield Browsers(playwright, folder, stack)


async def axe_violations(page: Page, level: frozenset[str] | set[str] = frozenset(SERIOUS)) -> list[str]:
    """What axe finds on a page, one line each: rule, and where."""
    if not AXE.exists():
        raise ServiceError("axe-core is missing; make setup fetches it")
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {node['target']}"
        for each in found["violations"]
        if each["impact"] in level
        for node in each["nodes"]
    ]


# Counts and levels of every peer connection that a page makes; install with `page.add_init_script`.
WATCH_CONNECTIONS = """
(() => {
  const Native = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) { super(...args); window.__connections.push(this); }
  };
})();
"""

READ_STATS = """
async () => {
  const open = window.__connections.filter((each) => each.connectionState !== "closed");
  const all = await Promise.all(open.map((each) => each.getStats()));
  const rows = all.flatMap((stats) => [...stats.values()]);
  return rows.filter((row) => ["inbound-rtp", "outbound-rtp", "candidate-pair", "local-candidate",
    "remote-candidate", "media-source"].includes(row.type));
}
"""


async def audio_received(page: Page) -> list[dict[str, Any]]:
    """The inbound audio streams of a page: `packetsReceived`, `packetsLost`, `audioLevel`, `totalAudioEnergy` ...

    Needs WATCH_CONNECTIONS on the page before its first script.
    """
    rows: list[dict[str, Any]] = await page.evaluate(READ_STATS)
    return [row for row in rows if row["type"] == "inbound-rtp" and row.get("kind") == "audio"]


async def selected_candidates(page: Page) -> list[tuple[str, str]]:
    """(local, remote) candidate types of the pairs in use: `host`, `srflx`, `relay`."""
    rows = {row["id"]: row for row in await page.evaluate(READ_STATS)}
    pairs = [row for row in rows.values() if row["type"] == "candidate-pair" and row.get("nominated")]
    return [
        (rows[pair["localCandidateId"]]["candidateType"], rows[pair["remoteCandidateId"]]["candidateType"])
        for pair in pairs
        if pair["localCandidateId"] in rows and pair["remoteCandidateId"] in rows
    ]


async def until(look: Callable[[], Awaitable[T]], what: str, within: float = 20.0) -> T:
    """Look again and again until there is something true to see, and return it. For what sends no event: statistics."""
    deadline = time.monotonic() + within
    while not (seen := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {within:.0f} s: {what}")
        await asyncio.sleep(0.05)
    return seen


def chromium() -> str:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise ServiceError("Chromium is missing; make test installs it or says how")


def _microphone(allowed: bool, voice: Path | None) -> list[str]:
    if not allowed:
        return ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    if voice is not None and not voice.exists():
        raise ServiceError(f"no such voice: {voice}")
    return [*MICROPHONE, *([f"--use-file-for-fake-audio-capture={voice}"] if voice else [])]


def _program(folder: Path, prefix: tuple[str, ...]) -> str:
    if not prefix:
        return chromium()
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {" ".join(prefix)} {chromium()} "$@"\n')
    script.chmod(0o755)
    return str(script)
