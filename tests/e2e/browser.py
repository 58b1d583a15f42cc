"""Real Chromium pages with a voice, and what is seen and heard on them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket

from tests.e2e.chromium import Chromiums, chromiums
from tests.services import ROOT, ServiceError

T = TypeVar("T")
AXE = ROOT / "config" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
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
    """Opens pages for people and closes them all at the end of a test."""

    def __init__(self, lender: Chromiums, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.tabs: list[Tab] = []
        self.stack = stack
        self._lender = lender

    async def open(
        self,
        name: str,
        *,
        voice: Path | None = None,
        language: str = "ko",
        phone: bool = False,
        microphone: bool = True,
    ) -> Tab:
        """A browser for `name` alone; `voice` is a WAV file, played in a loop as the microphone.

        `microphone=False` refuses it as a person would.
        """
        browser = await self._borrow(voice=voice, microphone=microphone)
        context = await self.context(browser, language=language, phone=phone)
        context.set_default_timeout(20_000)
        tab = Tab(name, await context.new_page())
        self.tabs.append(tab)
        return tab

    async def shared(self, *flags: str, processes_prefix: tuple[str, ...] = ()) -> Browser:
        """One browser for several people; each gets a `context`. `processes_prefix` runs it elsewhere."""
        return await self._borrow(*flags, prefix=processes_prefix)

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
        """What each page looked like when a test failed: into the test's folder. Its story goes to the report."""
        for tab in self.tabs:
            if not tab.page.is_closed():
                print(await tab.tell_story())
                await tab.page.screenshot(path=str(self.folder / f"{tab.name}.png"), full_page=True)

    async def _borrow(self, *flags: str, **options: Any) -> Browser:
        return await self.stack.enter_async_context(self._lender.lend(*flags, **options))


@asynccontextmanager
async def browsers(folder: Path, lender: Chromiums | None = None) -> AsyncIterator[Browsers]:
    """Pages for a test, or for a measurement. Without a lender the processes end with the block."""
    async with AsyncExitStack() as stack:
        lender = lender or await stack.enter_async_context(chromiums(folder))
        yield Browsers(lender, folder, await stack.enter_async_context(AsyncExitStack()))


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
