"""How long it takes from the agent's tap on "accept" until both hear each other, in real browsers.

    python -m tests.bench.bench_setup [--calls 10] [--relayed]

The whole system runs as in production on loopback; two Chromium pages with a voice hold one call after the other. Both pages
note the time of what they send, get and hear (the same clock, since it is the same machine). Prints a table and one
line of JSON; all times in ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.browser import browsers, until
from tests.e2e.people import Alice, Cara, Person, Scene
from tests.stack import Stack

# Notes [what, Unix ms] in window.__marks: requests, answers (`:ack`), connections, and the first packet of the other side.
STOPWATCH = """
(() => {
  const marks = (window.__marks = []);
  const mark = (what) => marks.push([what, performance.timeOrigin + performance.now()]);
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      const asked = new Map();
      this.__asked = asked;
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "ack") mark(`${asked.get(message.id)}:ack`);
        else mark(message.type);
      });
    }
    send(text) {
      const { type, id } = JSON.parse(text);
      this.__asked.set(id, type);
      mark(type);
      super.send(text);
    }
  };
  const Connection = RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      const kind = () => (this.remoteDescription?.sdp.includes("a=ice-lite") ? "sfu" : "direct");
      this.addEventListener("connectionstatechange", () => mark(`${kind()}:${this.connectionState}`));
      this.addEventListener("track", ({ track }) => track.addEventListener("unmute", () => mark("heard"), { once: true }));
    }
  };
})();
"""
PARTS = {
    "accept-offer:ack": "accepted",
    "join-room:ack": "room joined",
    "direct:connected": "direct connection",
    "sfu:connected": "media server connection",
    "heard": "first packet of the other side",
}
Marks = list[tuple[str, float]]


@contextmanager
def running_system(folder: Path) -> Iterator[Stack]:
    os.environ.update(ENVIRONMENT="test", SECRET_KEY="only-for-the-bench-only-for-the-bench-only")
    stack = Stack(folder, {})
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


async def hold_calls(stack: Stack, folder: Path, count: int, *, relayed: bool) -> list[dict[str, float]]:
    async with browsers(folder) as opened:
        scene = Scene(stack, opened, folder)
        scene.set("alice", media_path="relayed" if relayed else "auto")
        alice, cara = await scene.agent(), await scene.cara()
        for person in (alice, cara):
            await person.page.add_init_script(STOPWATCH)
        await alice.goes_on_duty()
        return [await one_call(alice, cara) for _ in range(count)]


async def one_call(alice: Alice, cara: Cara) -> dict[str, float]:
    await cara.calls()
    await alice.is_rung()
    await alice.page.evaluate("() => { window.__marks.length = 0; }")
    await alice.answers()
    for person in (alice, cara):
        await has_heard(person)
    marks = {person.tab.name: await marks_of(person) for person in (alice, cara)}
    await cara.hangs_up()
    await alice.becomes("callStatus", "ENDED")
    await alice.page.locator("[data-wrap-done]").click()
    return parts_of(marks)


async def has_heard(person: Person) -> None:
    async def there() -> bool:
        return any(what == "heard" for what, _ in await marks_of(person))

    await until(there, f"{person.tab.name} hears the first packet", 60)


async def marks_of(person: Person) -> Marks:
    marks: Marks = await person.page.evaluate("() => window.__marks")
    return marks


def parts_of(marks: dict[str, Marks]) -> dict[str, float]:
    """For each part the time from the accept until the slower of the two pages had it. What a page did not need is left out."""
    accepted = first(marks["alice"], "accept-offer")
    assert accepted is not None
    parts: dict[str, float] = {}
    for what, name in PARTS.items():
        times = [at for page in marks.values() if (at := first(page, what, since=accepted)) is not None]
        if times:
            parts[name] = max(times) - accepted
    return parts


def first(marks: Marks, what: str, since: float = 0) -> float | None:
    return next((at for name, at in marks if name == what and at >= since), None)


def figures(calls: list[dict[str, float]]) -> dict[str, Any]:
    names = [name for name in PARTS.values() if any(name in call for call in calls)]
    table = {}
    for name in names:
        times = sorted(call[name] for call in calls if name in call)
        table[name] = {"p50": round(statistics.median(times)), "p95": round(percentile(times, 0.95))}
    return {"calls": len(calls), "ms_since_accept": table, "load_average": round(os.getloadavg()[0], 1)}


def percentile(times: list[float], share: float) -> float:
    """The smallest time that `share` of all do not exceed (nearest rank)."""
    return times[max(0, -int(-share * len(times) // 1) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Call set-up time.")
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--relayed", action="store_true", help="through the media server instead of directly")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_system(Path(name) / "system") as stack:
        folder = Path(name) / "browsers"
        folder.mkdir()
        calls = asyncio.run(hold_calls(stack, folder, options.calls, relayed=options.relayed))
    told = figures(calls)
    print(f"{'ms since accept, the slower page':40} {'p50':>8} {'p95':>8}")
    for name, values in told["ms_since_accept"].items():
        print(f"{name:40} {values['p50']:>8} {values['p95']:>8}")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
