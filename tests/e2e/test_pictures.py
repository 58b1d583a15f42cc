"""The mediasoup client, unmodified, in real Chromium: sound and pictures through the media server, in every size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from calls.media.config import MediaConfig
from calls.media.server import MediaServer
from tests.e2e.browser import Browsers, until
from tests.services import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.long]

HOME = "http://localhost:9/"
CLIENT = ROOT / "static" / "vendor" / "mediasoup-client.js"

# A page of its own: nothing of ours but the requests, which the test hands to the server.
ENTER = """
async (peerId) => {
  const { Device } = await import("/client.js");
  const ask = (type, fields = {}) => window.request(type, { roomId: "room", peerId, ...fields });
  const { rtpCapabilities, producers } = await ask("join", { role: "test" });
  const device = new Device();
  await device.load({ routerRtpCapabilities: rtpCapabilities });
  const transport = async (make) => {
    const made = device[make](await ask("create-transport"));
    made.on("connect", ({ dtlsParameters }, done, failed) =>
      ask("connect-transport", { transportId: made.id, dtlsParameters }).then(done, failed));
    made.on("produce", ({ kind, rtpParameters, appData }, done, failed) =>
      ask("produce", { transportId: made.id, kind, rtpParameters, source: appData.source })
        .then(({ producerId }) => done({ id: producerId }), failed));
    return made;
  };
  window.room = { ask, device, producers, sending: await transport("createSendTransport"),
    receiving: await transport("createRecvTransport"), consumers: {} };
  return producers.map(({ kind, source }) => `${kind} ${source}`);
}
"""

PRODUCE = """
async (encodings) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 960, height: 540, frameRate: 10 } });
  const { sending } = window.room;
  const [audio, video] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]];
  room.audio = await sending.produce({ track: audio, appData: { source: "microphone" } });
  room.video = await sending.produce({ track: video, encodings, appData: { source: "camera" } });
  return [room.audio.id, room.video.id];
}
"""

CONSUME = """
async (producerId) => {
  const { ask, device, receiving, consumers } = window.room;
  const rtpCapabilities = device.rtpCapabilities;
  const told = await ask("consume", { transportId: receiving.id, producerId, rtpCapabilities, paused: true });
  const consumer = await receiving.consume(told);
  const element = document.body.appendChild(document.createElement(consumer.kind));
  Object.assign(element, { srcObject: new MediaStream([consumer.track]), autoplay: true, muted: true });
  await ask("resume-consumer", { consumerId: consumer.id });
  consumers[consumer.id] = consumer;
  return consumer.id;
}
"""

RECEIVED = """
async (consumerId) => {
  const rows = [...(await window.room.consumers[consumerId].getStats()).values()];
  return rows.find(({ type }) => type === "inbound-rtp") ?? {};
}
"""
SENT = """
async () => [...(await window.room.video.getStats()).values()].filter(({ type }) => type === "outbound-rtp")
"""

# Three sizes of a small picture that moves slowly: the encoder needs no more than its share of a busy core. A smaller
# camera would be sent in fewer sizes.
SIZES = [
    {"scaleResolutionDownBy": 4, "maxBitrate": 120_000},
    {"scaleResolutionDownBy": 2, "maxBitrate": 350_000},
    {"scaleResolutionDownBy": 1, "maxBitrate": 900_000},
]


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[MediaServer]:
    node = MediaServer(MediaConfig("127.0.0.1", 0, "127.0.0.1", tmp_path / "recordings"), lambda event: None)
    await node.start()
    yield node
    await node.stop()


async def enters(opened: Browsers, server: MediaServer, name: str) -> tuple[Page, list[str]]:
    """A browser in the room, and what is being produced there already."""
    tab = await opened.open(name)

    async def serve(route: Route) -> None:
        if route.request.url.endswith("client.js"):
            await route.fulfill(path=CLIENT, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>t</title><body>", content_type="text/html")

    async def request(method: str, data: dict[str, Any]) -> dict[str, Any]:
        return await server.handle(method, data)

    await tab.page.route(f"{HOME}**", serve)
    await tab.page.expose_function("request", request)
    await tab.page.goto(HOME)
    return tab.page, await tab.page.evaluate(ENTER, name)


@pytest.mark.req("S3.1", "S3.2")
async def test_pictures_and_sound_through_the_unmodified_client(
    open_browsers: Browsers, server: MediaServer
) -> None:
    alice, _ = await enters(open_browsers, server, "alice")
    audio, video = await alice.evaluate(PRODUCE, SIZES)
    cara, there = await enters(open_browsers, server, "cara")
    assert there == ["audio microphone", "video camera"]
    hears, sees = await cara.evaluate(CONSUME, audio), await cara.evaluate(CONSUME, video)

    async def picture() -> dict[str, Any]:
        return await cara.evaluate(RECEIVED, sees)

    async def grows(name: str, consumer: str, by: int) -> bool:
        before = (await cara.evaluate(RECEIVED, consumer)).get(name, 0)

        async def more() -> bool:
            return (await cara.evaluate(RECEIVED, consumer)).get(name, 0) >= before + by

        return await until(more, f"{by} more {name}")

    async def width_is(width: int) -> None:
        async def so() -> bool:
            return (await picture()).get("frameWidth") == width

        await until(so, f"a picture of {width}", 30)
        await grows("framesDecoded", sees, 10)

    await grows("packetsReceived", hears, 50)
    tile = {"consumerId": sees}
    await cara.evaluate("(tile) => room.ask('set-consumer-size', {...tile, width: 220, height: 120})", tile)
    await width_is(240)
    await cara.evaluate("(tile) => room.ask('set-consumer-size', {...tile, width: 460, height: 260})", tile)
    await width_is(480)

    await alice.evaluate("() => room.ask('pause-producer', {producerId: room.video.id})")
    shown = (await picture())["framesDecoded"]
    await grows("packetsReceived", hears, 50)
    assert (await picture())["framesDecoded"] <= shown + 5
    await alice.evaluate("() => room.ask('resume-producer', {producerId: room.video.id})")
    await grows("framesDecoded", sees, 10)
    assert (await picture())["packetsLost"] == 0
    await cara.evaluate("(tile) => room.ask('close-consumer', tile)", tile)
    assert [one.producer.kind for one in server.rooms["room"].peers["cara"].consumers.values()] == ["audio"]
