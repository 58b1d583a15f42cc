"""Many people in one browser: each in a context of their own, with a tone for a voice and a small picture for a camera.

The browser's own fake microphone is one per process, and its camera costs a core for four people. A tone also says who
is heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser

from tests.e2e.browser import WATCH_CONNECTIONS, Tab, until
from tests.e2e.cable import Cable
from tests.e2e.firefox import Firefox
from tests.e2e.paths import Frames
from tests.e2e.people import LOG_IN, Alice, Scene

FIRST_HERTZ = 400
STEP_HERTZ = 150

# In place of devices: a tone that comes and goes as speech does, and a picture of 640x360 that moves eight times a second.
OWN_DEVICES = """
((hertz, inTurns) => {
  let context = null;
  const tone = () => {
    context ??= new AudioContext({ sampleRate: 8000 }); // enough for a tone, and a sixth of the work
    const [voice, breath] = [context.createOscillator(), context.createOscillator()];
    const [depth, out] = [context.createGain(), context.createGain()];
    voice.frequency.value = hertz;
    breath.frequency.value = 3;
    depth.gain.value = 0.2;
    out.gain.value = 0.3;
    const sink = context.createMediaStreamDestination();
    breath.connect(depth).connect(out.gain);
    voice.connect(out).connect(sink);
    voice.start();
    breath.start();
    if (inTurns) {
      const speak = () => {
        out.gain.value = 0.3;
        setTimeout(() => (out.gain.value = 0), 700);
      };
      depth.gain.value = out.gain.value = 0;
      setTimeout(() => setInterval(speak, 3000), hertz % 3000);
    }
    return sink.stream.getAudioTracks()[0];
  };
  const picture = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const brush = canvas.getContext("2d");
    let at = 0;
    const draw = () => {
      at += 1;
      brush.fillStyle = `hsl(${(hertz / 5) % 360} 60% 45%)`;
      brush.fillRect(0, 0, 640, 360);
      brush.fillStyle = "white";
      brush.fillRect((at * 40) % 640, 120, 80, 120);
    };
    draw();
    setInterval(draw, 125);
    return canvas.captureStream(8).getVideoTracks()[0];
  };
  window.__opened = [];
  const given = (...tracks) => {
    window.__opened.push(...tracks);
    return new MediaStream(tracks);
  };
  Object.assign(navigator.mediaDevices, {
    getUserMedia: async ({ audio, video }) => given(...(audio ? [tone()] : []), ...(video ? [picture()] : [])),
    getDisplayMedia: async () => given(picture(), tone()),
  });
})
"""

# The tone of each voice that the page plays, in Hz, by peer, as it was heard last on this track. 0: nothing yet.
TONES = """
async () => {
  window.__ears ??= new AudioContext({ sampleRate: 8000 });
  await window.__ears.resume();
  window.__listened ??= new Map();
  for (const element of document.querySelectorAll("[data-sound$=' microphone']")) {
    const track = element.srcObject?.getAudioTracks()[0];
    const known = window.__listened.get(element.dataset.sound);
    if (!track || known?.track === track) continue;
    const analyser = window.__ears.createAnalyser();
    analyser.fftSize = 1024;
    const source = window.__ears.createMediaStreamSource(new MediaStream([track]));
    source.connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    window.__listened.set(element.dataset.sound, { track, source, analyser, bins, tone: 0 });
  }
  const loudest = (ear) => {
    const { analyser, bins } = ear;
    analyser.getFloatFrequencyData(bins);
    const top = bins.reduce((best, level, at) => (level > bins[best] ? at : best), 0);
    if (bins[top] > -60) ear.tone = (top * window.__ears.sampleRate) / analyser.fftSize;
    return ear.tone;
  };
  const here = [...window.__listened].filter(([key]) => document.querySelector(`[data-sound="${key}"]`));
  return Object.fromEntries(here.map(([key, ear]) => [key.split(" ")[0], loudest(ear)]));
}
"""

STOP_LISTENING = "() => window.__ears.suspend()"

FRAMES = """
async () => {
  const rows = (await Promise.all(window.__connections.filter((each) => each.connectionState !== "closed")
    .map((each) => each.getStats()))).flatMap((stats) => [...stats.values()]);
  const tiles = [...document.querySelectorAll("[data-tile] video:not([hidden])")];
  return tiles.flatMap((video) => {
    const track = video.srcObject?.getVideoTracks()[0];
    const row = rows.find((each) => each.type === "inbound-rtp" && each.trackIdentifier === track?.id);
    return row ? [[video.closest("[data-tile]").dataset.tile, row.framesDecoded ?? 0]] : [];
  });
}
"""

LIVE_TRACKS = "() => window.__opened.filter(({ readyState }) => readyState === 'live').length"

MAKE_ROOM = """
from accounts.models import User
from calls.actions.rooms import create_room
host, *others = User.objects.filter(username__in={usernames}).order_by("pk")
answer = str(create_room(host, "{kind}", "{name}", members=[each.pk for each in others]).pk)
"""


@dataclass
class Colleague(Alice):
    """Somebody with a tone of their own, and what went over their socket."""

    hertz: int = FIRST_HERTZ
    frames: Frames = field(init=False)

    def __post_init__(self) -> None:
        self.frames = Frames(self.page)

    async def enters(self, url: str, *, video: bool = False) -> None:
        if self.page.url != url:
            await self.page.goto(url)
        if video:
            await self.page.locator("[data-pre-video]").click()
        await self.page.locator("[data-join]").click()
        await self.becomes("roomView", "meeting", 60)

    async def shows(self, panel: str) -> None:
        """The side of the room with the chat or the people."""
        if await self.page.locator(".meet").get_attribute("data-panel") != panel:
            await self.page.locator(f"[data-control={panel}]").click()

    async def acts_on(self, other: Colleague, act: str) -> None:
        """As the host, from the list of people."""
        await self.shows("people")
        row = self.page.locator("[data-people] li", has_text=other.username_shown)
        await row.locator("[data-host-button]").click()
        await row.locator(f"[data-act={act}]").click()
        if act != "mute":
            await self.page.locator("[data-sheet=sure] button[value=yes]").click()

    @property
    def username_shown(self) -> str:
        return {"alice": "김서연", "dan": "이하늘", "bob": "박도현"}.get(self.tab.name, self.tab.name)

    async def tones(self) -> dict[str, int]:
        """What is heard of whom: a tone in Hz by peer, rounded to those that the company uses; 0 is silence."""
        heard: dict[str, float] = await self.page.evaluate(TONES)
        return {peer: _nearest(hertz) for peer, hertz in heard.items()}

    async def hears_exactly(self, others: list[Colleague], within: float = 60.0) -> None:
        """Each of these people once, in their own voice, and nobody else."""
        wanted = sorted(other.hertz for other in others)

        async def right() -> bool:
            return sorted((await self.tones()).values()) == wanted

        try:
            await until(right, f"{self.tab.name} hears {wanted}", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; heard: {await self.tones()}") from None
        await self.page.evaluate(STOP_LISTENING)

    async def pictures(self) -> dict[str, int]:
        """Frames decoded by tile, of the pictures that are on the stage."""
        return dict(await self.page.evaluate(FRAMES))

    async def sees_pictures(self, count: int, *, more: int = 8, within: float = 60.0) -> None:
        """So many moving pictures of others: each has gone on by `more` frames."""
        start: dict[str, int] = {}

        async def moving() -> bool:
            now = await self.pictures()
            for tile, frames in now.items():
                start[tile] = min(start.get(tile, frames), frames)  # another way counts from the beginning
            return sum(now[tile] - start[tile] >= more for tile in now) >= count

        try:
            await until(moving, f"{self.tab.name} sees {count} pictures move", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; {start} -> {await self.pictures()}") from None

    async def open_devices(self) -> int:
        """Microphones, cameras and screens that the page holds."""
        return int(await self.page.evaluate(LIVE_TRACKS))


class Company:
    """`people = await company.of("alice", "dan")`: all in one browser, logged in, not yet in a room."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._browser: Browser | None = None
        self._firefox: Firefox | None = None

    async def of(self, *names: str, **options: Any) -> list[Colleague]:
        return [await self.one(name, **options) for name in names]

    async def one(self, name: str, **options: Any) -> Colleague:
        """`options` are those of a browser context: language, phone. `in_turns`: a short tone now and then, and silence."""
        self._browser = self._browser or await self.scene.browsers.shared()
        return await self._at_home(name, self.scene.stack.url, **options)

    async def in_firefox(self, name: str) -> Colleague:
        """The same in the other browser; its page knows the part of Playwright's that a colleague uses."""
        browsers, url = self.scene.browsers, self.scene.stack.url
        self._firefox = self._firefox or await Firefox.start(browsers.folder, browsers.stack)
        page = await self._firefox.page()
        await self._firefox.add_cookie(page, name="sessionid", value=self._log_in(name), url=url)
        return await self._equipped(name, Tab(name, page))

    async def at_the_end_of(self, cable: Cable, url: str, *names: str) -> list[Colleague]:
        """The same, in a browser beyond a cable; pages are at `url` there, and trusted as if they were encrypted."""
        trust = f"--unsafely-treat-insecure-origin-as-secure={url}"
        self._browser = await self.scene.browsers.shared(trust, processes_prefix=cable.inside)
        return [await self._at_home(name, url) for name in names]

    async def _at_home(self, name: str, url: str, *, in_turns: bool = False, **options: Any) -> Colleague:
        assert self._browser is not None
        context = await self.scene.browsers.context(self._browser, **options)
        await context.add_cookies([{"name": "sessionid", "value": self._log_in(name), "url": url}])
        return await self._equipped(name, Tab(name, await context.new_page()), in_turns=in_turns)

    async def _equipped(self, name: str, tab: Tab, *, in_turns: bool = False) -> Colleague:
        hertz = FIRST_HERTZ + STEP_HERTZ * len(self.scene.browsers.tabs)
        await tab.page.add_init_script(WATCH_CONNECTIONS)
        await tab.page.add_init_script(f"{OWN_DEVICES.strip()}({hertz}, {str(in_turns).lower()})")
        self.scene.browsers.tabs.append(tab)
        return Colleague(tab, self.scene.stack, name + self.scene.suffix, hertz)

    def room(self, kind: str, name: str, *usernames: str) -> str:
        """A room's address; the first one is its host."""
        names = tuple(each + self.scene.suffix for each in usernames)
        code = MAKE_ROOM.format(usernames=names, kind=kind, name=name)
        return f"{self.scene.stack.url}/rooms/{self.scene.stack.ask(code)}/"

    def _log_in(self, name: str) -> str:
        return str(self.scene.stack.ask(LOG_IN.format(username=name + self.scene.suffix)))


def _nearest(hertz: float) -> int:
    return FIRST_HERTZ + STEP_HERTZ * round((hertz - FIRST_HERTZ) / STEP_HERTZ) if hertz else 0


def pages_are_well(people: list[Colleague]) -> None:
    """Nothing went wrong on any page."""
    wrong = [error for each in people for error in each.tab.errors]
    assert not wrong, "\n".join(wrong)


def nobody_was_missed(people: list[Colleague]) -> None:
    """Every page was heard of in time, as the others were told. Not for crowds: a starved page is missed, as it should be."""
    missed = [each.tab.name for each in people if each.frames.told("peer-disconnected")]
    assert not missed, f"missed by {missed}"
