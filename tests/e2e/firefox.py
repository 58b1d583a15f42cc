"""Real Firefox, driven by WebDriver BiDi, which it speaks itself: the part of Playwright's page that the cast uses.

Playwright's own Firefox is a patched one; people have this one.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlsplit

from tests.e2e.bidi import Bidi, BidiError, bidi
from tests.e2e.browser import DESK, LOCALES, PHONE, until
from tests.services import Process, ServiceError

NAMES = ("firefox-esr", "firefox")

# Fake devices without a question; candidates as they are, also of loopback; nothing that reaches out to the network.
PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.cubeb.force_mock_context": True,  # a speaker that is none: without any, no AudioContext ever runs
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.url": "",
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}

# Not in the empty document that stands before the first page.
ONLY_PAGES = 'if (!location.protocol.startsWith("http")) return;'

# The first that a person could click: in sight, alive, and not below something else.
CLICKABLE = """
(css, at) => {
  const element = document.querySelectorAll(css)[at];
  if (!element || element.disabled) return null;
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const { left, top, width, height } = element.getBoundingClientRect();
  const [x, y] = [Math.floor(left + width / 2), Math.floor(top + height / 2)];
  const hit = width && height ? document.elementFromPoint(x, y) : null;
  return hit && (element.contains(hit) || hit.contains(element)) ? [x, y] : null;
}
"""
IS_CHECKED = "(css, at) => document.querySelectorAll(css)[at].checked"


@dataclass
class FirefoxPage:
    """One tab. `evaluate` takes functions only, as text; their arguments and answers travel as JSON."""

    bidi: Bidi
    context: str
    user_context: str = "default"
    closed: bool = False

    async def goto(self, url: str) -> None:
        await self.bidi.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    @property
    def url(self) -> str:
        return self._url

    _url: str = "about:blank"

    async def wait_for_url(self, wanted: str | Callable[[str], bool]) -> None:
        """`wanted` with `**` for anything, or a question to the address."""
        pattern = re.escape(wanted).replace(r"\*\*", ".*") if isinstance(wanted, str) else ""
        right = wanted if callable(wanted) else re.compile(pattern).fullmatch

        async def there() -> bool:
            return bool(right(self.url))

        await until(there, f"{self.url} becomes {wanted}")

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        given = json.dumps(arguments)
        code = f"async () => JSON.stringify(await ({function.strip()})(...{given})) ?? 'null'"
        answer = await self.bidi.command(
            "script.callFunction",
            functionDeclaration=code,
            awaitPromise=True,
            target={"context": self.context},
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    async def add_init_script(self, script: str) -> None:
        await self.bidi.command(
            "script.addPreloadScript",
            functionDeclaration=f"() => {{ {ONLY_PAGES} {script.strip().rstrip(';')}; }}",
            contexts=[self.context],
        )

    def locator(self, css: str) -> Locator:
        return Locator(self, css)

    async def screenshot(self, path: str, *, full_page: bool = False) -> None:
        origin = "document" if full_page else "viewport"
        shot = await self.bidi.command(
            "browsingContext.captureScreenshot", context=self.context, origin=origin
        )
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def is_closed(self) -> bool:
        return self.closed

    def on(self, event: str, listener: Callable[[Any], None]) -> None:
        """`pageerror` and `console`. Frames of sockets are not told: BiDi does not know them."""
        self._listeners.setdefault(event, []).append(listener)

    def __post_init__(self) -> None:
        self._listeners: dict[str, list[Callable[[Any], None]]] = {}

    def noted(self, entry: dict[str, Any]) -> None:
        """A line of the console, or an error that nobody caught."""
        if entry["source"].get("context") != self.context:
            return
        thrown = entry["type"] == "javascript"
        told = entry["text"] if thrown else SimpleNamespace(type=entry["level"], text=entry["text"])
        for listener in self._listeners.get("pageerror" if thrown else "console", []):
            listener(told)

    def navigated(self, event: dict[str, Any]) -> None:
        if event["context"] == self.context:
            self._url = event["url"]

    async def perform(self, *sources: dict[str, Any]) -> None:
        await self.bidi.command("input.performActions", context=self.context, actions=list(sources))


@dataclass(frozen=True)
class Locator:
    """One element, looked for anew at each use."""

    page: FirefoxPage
    css: str
    at: int = 0

    def nth(self, at: int) -> Locator:
        return Locator(self.page, self.css, at)

    @property
    def first(self) -> Locator:
        return self

    async def count(self) -> int:
        return int(await self.page.evaluate("(css) => document.querySelectorAll(css).length", self.css))

    async def get_attribute(self, name: str) -> str | None:
        code = "(css, at, name) => document.querySelectorAll(css)[at].getAttribute(name)"
        return await self.page.evaluate(code, self.css, self.at, name)

    async def all_text_contents(self) -> list[str]:
        code = "(css) => [...document.querySelectorAll(css)].map((each) => each.textContent)"
        return list(await self.page.evaluate(code, self.css))

    async def click(self) -> None:
        """With the mouse, as soon as it can be clicked."""

        async def clickable() -> list[int] | None:
            return await self.page.evaluate(CLICKABLE, self.css, self.at)

        x, y = await until(clickable, f"{self.css} can be clicked") or (0, 0)
        actions = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self.page.perform({"type": "pointer", "id": "mouse", "actions": actions})

    async def fill(self, text: str) -> None:
        """By the keyboard, into an empty field."""
        await self.click()
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        await self.page.perform({"type": "key", "id": "keyboard", "actions": actions})

    async def check(self) -> None:
        if not await self.page.evaluate(IS_CHECKED, self.css, self.at):
            await self.click()
        assert await self.page.evaluate(IS_CHECKED, self.css, self.at), f"{self.css} is checked"


class Firefox:
    """One running Firefox; every person has a page in a container of their own, with their own cookies."""

    def __init__(self, session: Bidi) -> None:
        self._bidi = session

    @classmethod
    async def start(cls, folder: Path, stack: AsyncExitStack, *, language: str = "ko") -> Self:
        """A fresh one, ended with the stack."""
        profile = folder / "firefox"
        profile.mkdir(parents=True)
        (profile / "user.js").write_text(
            _preferences(PREFERENCES | {"intl.accept_languages": LOCALES[language]})
        )
        command = [
            firefox(),
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
        ]
        environment = dict(os.environ) | {
            "HOME": str(folder),
            "MOZ_CRASHREPORTER_DISABLE": "1",
            "TZ": "Asia/Seoul",
        }
        process = Process("firefox", command, folder / "firefox.log", environment=environment)
        stack.callback(process.stop)
        address = profile / "WebDriverBiDiServer.json"
        process.wait_until(address.exists)
        there = json.loads(address.read_text())
        session = await stack.enter_async_context(bidi(f"ws://{there['ws_host']}:{there['ws_port']}/session"))
        return cls(session)

    async def page(self, *, phone: bool = False) -> FirefoxPage:
        home = (await self._bidi.command("browser.createUserContext"))["userContext"]
        made = await self._bidi.command("browsingContext.create", type="tab", userContext=home)
        page = FirefoxPage(self._bidi, made["context"], home)
        size = PHONE if phone else DESK
        await self._bidi.command("browsingContext.setViewport", context=page.context, viewport=size)
        await self._bidi.listen("log.entryAdded", page.noted)
        for event in ("navigationCommitted", "historyUpdated", "fragmentNavigated"):
            await self._bidi.listen(f"browsingContext.{event}", page.navigated)
        return page

    async def add_cookie(self, page: FirefoxPage, *, name: str, value: str, url: str) -> None:
        host = urlsplit(url).hostname
        await self._bidi.command(
            "storage.setCookie",
            cookie={"name": name, "value": {"type": "string", "value": value}, "domain": host, "path": "/"},
            partition={"type": "storageKey", "userContext": page.user_context},
        )


def firefox() -> str:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    raise ServiceError("Firefox is missing; make test installs it or says how")


def _preferences(values: dict[str, Any]) -> str:
    return "".join(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in values.items())
