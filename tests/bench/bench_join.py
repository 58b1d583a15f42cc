"""How long it takes from the tap on "join" until somebody's sound is heard, in a real browser.

    python -m tests.bench.bench_join [--joins 20] [--meeting]

The whole system runs as in production on loopback; one page sounds a tone in a voice room (through the media server), another
joins and leaves again and again. `--meeting`: three sound in a meeting, which the fourth joins. The sound is measured where it
is played; the page notes what it sends, gets and hears. Prints a table and one line of JSON; all times in ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.bench_setup import STOPWATCH, Marks, first, marks_of, percentile, running_system
from tests.e2e.browser import browsers, until
from tests.e2e.company import Colleague, Company
from tests.e2e.people import Scene
from tests.stack import Stack

# Notes the tap, and the moment from which a sound that the page plays is louder than -40 dB.
EAR = """
() => {
  const note = (what) => window.__marks.push([what, performance.timeOrigin + performance.now()]);
  const context = new AudioContext();
  const ears = new Map();
  window.__marks.length = 0;
  document.querySelector("[data-join]").addEventListener("click", () => note("tap"), { capture: true, once: true });
  const listen = () => {
    for (const { srcObject } of document.querySelectorAll("[data-sound$=' microphone']")) {
      const track = srcObject?.getAudioTracks()[0];
      if (!track || ears.has(track)) continue;
      const ear = context.createAnalyser();
      ear.fftSize = 256;
      context.createMediaStreamSource(new MediaStream([track])).connect(ear);
      ears.set(track, ear);
    }
    const samples = new Float32Array(256);
    for (const ear of ears.values()) {
      ear.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > 0.01)) {
        clearInterval(timer);
        note("sound");
        return void context.close();
      }
    }
  };
  const timer = setInterval(listen, 5);
  return context.resume();
}
"""
PARTS = {
    "login": "socket open, log-in sent",
    "authenticated": "logged in",
    "room-state": "in the room, as the server says",
    "join-room:ack": "room joined at the media server",
    "sfu:connected": "connected to the media server",
    "heard": "first packet",
    "sound": "sound",
}


async def hold_joins(stack: Stack, folder: Path, count: int, *, meeting: bool) -> list[dict[str, float]]:
    names = ("alice", "dan", "erin", "finn") if meeting else ("alice", "dan")
    async with browsers(folder) as opened:
        scene = Scene(stack, opened, folder)
        scene.set(*names)
        company = Company(scene)
        *others, joiner = await company.of(*names)
        await joiner.page.add_init_script(STOPWATCH)
        url = company.room("meeting" if meeting else "voice", "Tone", *names)
        for other in others:
            await other.enters(url)
        return [await one_join(joiner, url) for _ in range(count)]


async def one_join(joiner: Colleague, url: str) -> dict[str, float]:
    page = joiner.page
    await page.goto(url)
    await page.evaluate(EAR)
    await page.locator("[data-join]").click()

    async def sounds() -> bool:
        return any(what == "sound" for what, _ in await marks_of(joiner))

    await until(sounds, "a sound is heard", 60)
    marks = await marks_of(joiner)
    await page.locator("[data-control=leave]").click()
    return parts_of(marks)


def parts_of(marks: Marks) -> dict[str, float]:
    tap = first(marks, "tap")
    assert tap is not None
    return {
        name: at - tap for what, name in PARTS.items() if (at := first(marks, what, since=tap)) is not None
    }


def figures(joins: list[dict[str, float]]) -> dict[str, Any]:
    table = {}
    for name in PARTS.values():
        times = sorted(join[name] for join in joins if name in join)
        if times:
            table[name] = {"p50": round(statistics.median(times)), "p95": round(percentile(times, 0.95))}
    return {"joins": len(joins), "ms_since_tap": table, "load_average": round(os.getloadavg()[0], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time to join a room.")
    parser.add_argument("--joins", type=int, default=20)
    parser.add_argument(
        "--meeting", action="store_true", help="a meeting of four instead of a voice room of two"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_system(Path(name) / "system") as stack:
        folder = Path(name) / "browsers"
        folder.mkdir()
        joins = asyncio.run(hold_joins(stack, folder, options.joins, meeting=options.meeting))
    told = figures(joins)
    print(f"{'ms since the tap':40} {'p50':>8} {'p95':>8}")
    for name, values in told["ms_since_tap"].items():
        print(f"{name:40} {values['p50']:>8} {values['p95']:>8}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
