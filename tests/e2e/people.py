"""The cast in front of real browsers: `await cara.calls()`, `await alice.answers()`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Page, expect

from calls.simulation.speech import SAMPLE_RATE, read_pcm
from tests import voices
from tests.e2e.browser import WATCH_CONNECTIONS, Browsers, Tab, audio_received, until
from tests.services import ROOT
from tests.stack import Stack
from tests.transcripts.voices import spoken

DEMO = ROOT / "transcripts" / "fixture" / "demo"
PASSWORD = "correct horse battery"

SET_STAGE = f"""
from accounts.models import Role
from calls.models import Place
from tests.cast import a_place, a_queue, a_supervisor, a_team, an_agent
queue = a_queue("{{queue}}", a_team("{{queue}}"))
place = a_place(queue, is_default=False, **{{place}})
names = {{{{"alice": "김서연", "dan": "이하늘", "bob": "박도현"}}}}
for username in {{agents}}:
    an_agent(username + "{{suffix}}", queue=queue, name=names.get(username, username), password_for_tests="{PASSWORD}")
if {{supervisor}}:
    a_supervisor("bob{{suffix}}", queue=queue, name=names["bob"], password_for_tests="{PASSWORD}")
answer = place.code
"""

LOG_IN = """
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(username="{username}"), backend="django.contrib.auth.backends.ModelBackend")
answer = client.cookies["sessionid"].value
"""


def turns(
    language: str,
    side: str,
    path: Path,
    *,
    only: slice = slice(None),
    gap: float = 1.0,
    lead: float | None = None,
    times: int = 1,
) -> Path:
    """Sentences of the bundled demo speech that the fixture model knows, as a voice for a fake microphone.

    `lead` seconds of silence come first (as long as a gap, if nothing is said): who is heard from the middle of a sentence
    on is not understood. The sentences come `times` times.
    """
    script = json.loads((DEMO / "script.json").read_text(encoding="utf-8"))[language]
    sound = read_pcm(DEMO / f"{language}-{side}.opus")
    mine = [turn for turn in script if turn["side"] == side][only] * times
    pause = np.zeros(int(gap * SAMPLE_RATE), np.int16)
    pieces = [pause if lead is None else np.zeros(int(lead * SAMPLE_RATE), np.int16)]
    for turn in mine:
        pieces += [sound[_samples(turn["start_ms"] - 100) : _samples(turn["end_ms"] + 200)], pause]
    return voices.write_wav(path, np.concatenate(pieces))


def says(path: Path, *parts: float | str, language: str = "ko", times: int = 1) -> Path:
    """Sentences that the fixture model knows and silences in seconds, one after the other, for a fake microphone."""
    pieces = [
        np.zeros(int(part * SAMPLE_RATE), np.int16)
        if isinstance(part, float)
        else (spoken(part, language, before=0.1, after=0.1, rate=SAMPLE_RATE) * 32767).astype(np.int16)
        for part in parts
    ]
    return voices.write_wav(path, np.concatenate(pieces * times))


def _samples(ms: int) -> int:
    return max(0, ms) * SAMPLE_RATE // 1000


@dataclass
class Person:
    tab: Tab
    stack: Stack

    @property
    def page(self) -> Page:
        return self.tab.page

    async def sees(self, text: str) -> None:
        await expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    async def state(self, name: str) -> str | None:
        """What the page says of itself in `data-…` of its root, for instance `mediaPath`."""
        return await self.page.evaluate("(name) => document.documentElement.dataset[name] ?? null", name)

    async def captions(self) -> list[str]:
        return await self.page.locator("[data-captions] .said").all_text_contents()

    async def reads_a_masked_caption(self, within: float = 60.0) -> list[str]:
        """Wait until a masked word stands among the captions; gives them all."""

        async def masked() -> bool:
            return await self.page.locator("[data-captions] .mask").count() > 0

        try:
            await until(masked, f"{self.tab.name} reads a masked word", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; read: {await self.captions()}") from None
        return await self.captions()

    async def reads_what_both_say(self, within: float = 60.0) -> None:
        """Wait until each side has a caption here: who hangs up before has a record of one speaker."""
        for side in ("customer", "agent"):
            said = self.page.locator(f"[data-captions] [data-from={side}]").first
            await expect(said).to_be_attached(timeout=within * 1000)

    async def becomes(self, name: str, wanted: str, within: float = 25.0) -> None:
        async def there() -> bool:
            return await self.state(name) == wanted

        await until(there, f"{self.tab.name}: {name} = {wanted}", within)

    async def hears(self, within: float = 20.0) -> dict[str, Any]:
        """Wait until packets with audible sound have come from the other side; gives that stream's statistics."""

        async def audible() -> dict[str, Any] | None:
            rows = await audio_received(self.page)
            loud = [
                row for row in rows if row["packetsReceived"] > 50 and row.get("totalAudioEnergy", 0) > 0.0005
            ]
            return loud[0] if loud else None

        found = await until(audible, f"{self.tab.name} hears the other side", within)
        assert found is not None
        return found


@dataclass
class Cara(Person):
    place_code: str = ""

    async def opens_the_link(self, language: str = "ko") -> None:
        await self.page.goto(f"{self.stack.url}/p/{self.place_code}/?lang={language}")

    async def calls(self, *, name: str = "이정은", topic: int = 0, language: str = "ko") -> None:
        await self.opens_the_link(language)
        await self.page.locator(".chip:has(input[name=topic])").nth(topic).click()
        await self.page.locator("input[name=name]").fill(name)
        await self.page.locator("input[name=contact]").fill("010-1234-2210")
        await self.page.locator("input[name=consent]").check()
        await self.page.locator("[data-start]").click()
        await self.page.wait_for_url("**/call/**")

    @property
    def token(self) -> str:
        return self.page.url.split("/call/")[1].strip("/").split("?")[0]

    async def hangs_up(self) -> None:
        await self.page.locator("[data-on=call] [data-hang-up]").click()


@dataclass
class Alice(Person):
    username: str = "alice"

    async def logs_in(self) -> None:
        """As somebody who has typed the password before; that itself is test_call's and test_edges'."""
        session = self.stack.ask(LOG_IN.format(username=self.username))
        await self.page.context.add_cookies([{"name": "sessionid", "value": session, "url": self.stack.url}])

    async def logs_in_with_the_password(self) -> None:
        await self.page.goto(f"{self.stack.url}/accounts/login/")
        await self.page.locator("input[name=username]").fill(self.username)
        await self.page.locator("input[name=password]").fill(PASSWORD)
        await self.page.locator("button[type=submit], form button.btn[data-kind=act]").first.click()
        await self.page.wait_for_url(lambda url: "/accounts/login" not in url)

    async def goes_on_duty(self) -> None:
        await self.logs_in()
        await self.sits_down()

    async def sits_down(self) -> None:
        """At the desk, logged in; from now on calls ring."""
        await self.page.goto(f"{self.stack.url}/desk/")
        await self.becomes("link", "online")
        await self.page.locator("[data-on=idle] [data-set-state=available]").click()
        await self.becomes("deskState", "available")

    async def is_rung(self, within: float = 25) -> None:
        await expect(self.page.locator("[data-accept]")).to_be_visible(timeout=within * 1000)

    async def answers(self) -> None:
        await self.is_rung()
        await self.page.locator("[data-accept]").click()

    async def passes_on(self) -> None:
        await self.is_rung()
        await self.page.locator("[data-reject]").click()

    async def hangs_up(self) -> None:
        await self.page.locator("[data-on=talk] [data-hang-up]").click()

    async def opens_the_record(self) -> None:
        """From the page after the call; waits until the transcript is no longer being made."""
        await self.page.locator("[data-wrap-record]").click()
        await self.page.wait_for_url("**/records/**")
        await self.record_is_ready()

    async def record_is_ready(self) -> None:
        """The page refreshes by itself; the tracks appear with the masked sound."""
        await expect(self.page.locator("[data-moving]")).to_have_count(0, timeout=90_000)
        await expect(self.page.locator("[data-turn]").first).to_be_visible(timeout=30_000)


class Scene:
    """One place with its queue and people in a running system; each test has its own."""

    count = 0

    def __init__(self, stack: Stack, browsers: Browsers, folder: Path) -> None:
        Scene.count += 1
        self.stack = stack
        self.browsers = browsers
        self.folder = folder
        self.suffix = str(Scene.count)
        self.code = ""

    def set(self, *agents: str, supervisor: bool = False, **place: Any) -> None:
        """Make the rows: the agents by name, a supervisor bob, the place's fields."""
        code = SET_STAGE.format(
            queue=f"queue {self.suffix}",
            suffix=self.suffix,
            agents=agents,
            supervisor=supervisor,
            place=place,
        )
        self.code = self.stack.ask(code)

    async def cara(self, *, voice: Path | None = None, name: str = "cara", **options: Any) -> Cara:
        voice = voice or self._says_little("customer", name)
        tab = await self._open(name, voice=voice, phone=True, **options)
        return Cara(tab, self.stack, self.code)

    async def agent(self, name: str = "alice", *, voice: Path | None = None, **options: Any) -> Alice:
        voice = voice or self._says_little("agent", name)
        tab = await self._open(name, voice=voice, **options)
        return Alice(tab, self.stack, name + self.suffix)

    def _says_little(self, side: str, name: str) -> Path:
        """One sentence now and then: all that is said costs a recogniser its time, and most tests look at none of it."""
        return turns("ko", side, self.folder / f"{name}.wav", only=slice(0, 1), gap=3.0, lead=1.0)

    async def _open(self, name: str, **options: Any) -> Tab:
        tab = await self.browsers.open(name, **options)
        await tab.page.add_init_script(WATCH_CONNECTIONS)
        return tab
