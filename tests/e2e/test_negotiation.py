"""Two ends of a direct connection agree in real Chromium, however their offers cross on the way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Route

from tests.e2e.browser import Browsers
from tests.services import ROOT

pytestmark = pytest.mark.e2e

HOME = "http://localhost:9/"
PAIRS = 8

CROSSING = """
async ({ round, pairs }) => {
  const { DirectPeer } = await import("/static/js/models/direct-peer.js");
  let seed = 7919 * (round + 1);
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const sounds = new AudioContext().createMediaStreamDestination();

  const meet = async (number) => {
    const peers = {};
    const log = [];
    const wire = (to) => {
      const queue = [];
      const latency = random() * 200;
      return (signal) => {
        queue.push(signal);
        setTimeout(() => {
          const next = queue.shift();
          if (next.type !== "ice-candidate") log.push(`${to} gets ${next.type}`);
          void peers[to].receive(next);
        }, latency);
      };
    };
    for (const [name, other, polite] of [["alice", "cara", false], ["cara", "alice", true]]) {
      const state = (now) => log.push(`${name} ${now}`);
      peers[name] = new DirectPeer({ rtc: {}, polite, on: { signal: wire(other), track() {}, state, negotiated() {} } });
    }
    const begin = async (name) => {
      await wait(random() * 150);
      peers[name].start(sounds.stream.getAudioTracks()[0].clone(), true);
      if (random() < 0.5) return;
      await wait(random() * 500);
      if (peers[name].state !== "connected") peers[name].restart();
    };
    const connected = async () => {
      for (let look = 0; look < 150; look += 1) {
        await wait(100);
        if (Object.values(peers).every(({ state }) => state === "connected")) return true;
      }
      return false;
    };
    await Promise.all([begin("alice"), begin("cara")]);
    const met = await connected();
    peers.alice.restart();
    peers.cara.restart();
    await wait(1_000);
    const again = await connected();
    for (const peer of Object.values(peers)) peer.close();
    return met && again ? [] : [{ number, met, again, log }];
  };

  return (await Promise.all(Array.from({ length: pairs }, (_, number) => meet(number)))).flat();
}
"""


@pytest.mark.req("S1.4")
@pytest.mark.parametrize("rounds", [2, pytest.param(5, marks=pytest.mark.long)])
async def test_both_offer_and_restart_at_once_and_are_connected_all_the_same(
    open_browsers: Browsers, rounds: int
) -> None:
    tab = await open_browsers.open("both")

    async def serve(route: Route) -> None:
        path = route.request.url.removeprefix(HOME)
        if path:
            await route.fulfill(path=ROOT / path)
        else:
            await route.fulfill(content_type="text/html", body="<!doctype html><title>two ends</title>")

    await tab.page.route("**/*", serve)
    await tab.page.goto(HOME)
    for number in range(rounds):
        silent: list[dict[str, Any]] = await tab.page.evaluate(CROSSING, {"round": number, "pairs": PAIRS})
        assert silent == []
