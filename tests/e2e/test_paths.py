"""The ways that the sound takes: direct, relayed, over TURN; and how a call comes back when something breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.browser import selected_candidates
from tests.e2e.paths import (
    CUT,
    CUTTABLE,
    DIRECT_BLOCKED,
    MEND,
    in_a_call,
    keeps_hearing,
    media_port,
    remote_ports,
)
from tests.e2e.people import Scene
from tests.services import ROOT
from tests.stack import Stack

pytestmark = pytest.mark.e2e

DIRECT_TIMEOUT_MS = 5_000


@pytest.fixture
def turn_only(live_stack: Stack) -> Iterator[None]:
    """Pages may use nothing but the TURN server."""
    with live_stack.changed("web", ICE_TRANSPORT_POLICY="relay"):
        yield


@pytest.mark.req("S1.3", "S1.4", "S3.1", "S3.2")
async def test_a_place_can_have_all_sound_go_through_the_media_server_and_so_goes_the_next_call(
    scene: Scene,
) -> None:
    scene.set("alice", media_path="relayed")
    talk = await in_a_call(scene)
    for person in talk.both:
        assert await person.state("mediaPath") == "relayed"
        assert await remote_ports(person.page) == {media_port(scene.stack)}
        for signal in ("offer", "answer", "ice-candidate"):
            assert talk.of(person).asked(signal) == []

    await talk.cara.hangs_up()
    await talk.alice.becomes("callStatus", "ENDED")
    await talk.alice.page.locator("[data-wrap-done]").click()
    await talk.cara.calls()
    await talk.alice.answers()
    for person in talk.both:
        await person.becomes("callStatus", "IN_PROGRESS")
        await person.becomes("tap", "working")
        await keeps_hearing(person)
    assert talk.of(talk.alice).told("error") == []


@pytest.mark.req("S1.4")
async def test_a_call_that_cannot_be_direct_is_relayed_by_itself(scene: Scene) -> None:
    scene.set("alice")
    talk = await in_a_call(scene, DIRECT_BLOCKED)
    changes = await talk.everyone("path-changed", path="relayed")
    assert changes[0] == changes[1]
    started = await talk.told(talk.cara, "call-state", status="IN_PROGRESS")
    assert changes[0]["at"] - started["answeredAt"] >= DIRECT_TIMEOUT_MS
    for person in talk.both:
        await person.becomes("mediaPath", "relayed")
        await keeps_hearing(person)
        assert {local for local, _ in await selected_candidates(person.page)} == {"host"}


@pytest.mark.req("S1.4")
@pytest.mark.usefixtures("turn_only")
async def test_turn_carries_a_direct_call_where_nothing_else_may(scene: Scene) -> None:
    scene.set("alice")
    talk = await in_a_call(scene)
    for person in talk.both:
        assert await person.state("mediaPath") == "direct"
        pairs = await selected_candidates(person.page)
        assert {local for local, _ in pairs} == {"relay"}
        assert ("relay", "relay") in pairs
        await keeps_hearing(person)
        assert talk.of(person).told("path-changed") == []


@pytest.mark.req("S1.4", "S2.9", "S4.7")
async def test_a_customer_whose_network_is_gone_for_a_while_comes_back(scene: Scene) -> None:
    scene.set("alice")
    talk = await in_a_call(scene, CUTTABLE)
    cara, alice = talk.cara, talk.alice
    await cara.page.evaluate(CUT)
    await cara.becomes("link", "offline")
    await cara.page.context.set_offline(True)
    await talk.told(alice, "peer-disconnected", peerId=talk.peer_id(cara))
    await expect(alice.page.locator("[data-on=talk] [data-over-peer]")).to_be_visible()

    await cara.page.context.set_offline(False)
    await cara.page.evaluate(MEND)
    await cara.becomes("link", "online")
    await talk.told(alice, "peer-reconnected", peerId=talk.peer_id(cara))
    await expect(alice.page.locator("[data-on=talk] [data-over-peer]")).to_be_hidden()
    joined = talk.of(cara).told("joined")
    assert len({(each["callId"], each["peerId"]) for each in joined}) == 1
    assert all(event["seq"] > joined[0]["seq"] for event in joined[-1]["events"])
    assert await cara.state("callStatus") == "IN_PROGRESS"
    for person in talk.both:
        await keeps_hearing(person)


@pytest.mark.req("S1.2", "S1.4", "S4.7")
@pytest.mark.parametrize("who", ["cara", pytest.param("alice", marks=pytest.mark.long)])
async def test_a_page_that_is_loaded_again_is_back_in_its_call(scene: Scene, who: str) -> None:
    scene.set("alice")
    talk = await in_a_call(scene)
    person = {"cara": talk.cara, "alice": talk.alice}[who]
    await person.page.reload()
    await person.becomes("callStatus", "IN_PROGRESS")
    for each in talk.both:
        await keeps_hearing(each)
    joined = talk.of(person).told("joined")
    assert len(joined) == 2
    assert len({(each["callId"], each["peerId"]) for each in joined}) == 1


# The mediasoup client alone, as its documentation uses it, on a page that has nothing of ours but the socket's address.
FOREIGN_CLIENT = """
async ({ socketUrl, token, clientUrl }) => {
  const { Device, version } = await import(clientUrl);
  const socket = new WebSocket(socketUrl);
  const waiting = new Map(), told = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data), answer = waiting.get(message.id);
    if (!answer) return told.push(message);
    if (message.type === "error") answer.failed(new Error(message.code));
    else answer.done(message.type === "ack" ? message.data : message);
  };
  const ask = (type, fields) => new Promise((done, failed) => {
    const id = waiting.size + 1;
    waiting.set(id, { done, failed });
    socket.send(JSON.stringify({ type, id, ...fields }));
  });
  await new Promise((done) => (socket.onopen = done));
  const { callId, peerId, role, call } = await ask("join", { token });
  const states = () => [call, ...told.filter(({ type }) => type === "call-state")].map(({ status }) => status);
  while (!states().includes("CONNECTING"))
    await new Promise((done) => socket.addEventListener("message", done, { once: true }));

  const roomId = callId, device = new Device();
  const { rtpCapabilities, producers } = await ask("join-room", { roomId, userId: peerId });
  await device.load({ routerRtpCapabilities: rtpCapabilities });
  const transport = async (make) => {
    const made = device[make](await ask("create-transport", { roomId }));
    made.on("connect", ({ dtlsParameters }, done, failed) =>
      ask("connect-transport", { roomId, transportId: made.id, dtlsParameters }).then(done, failed));
    made.on("produce", async ({ kind, rtpParameters }, done) =>
      done({ id: (await ask("produce", { roomId, transportId: made.id, kind, rtpParameters })).producerId }));
    return made;
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const sending = await transport("createSendTransport"), receiving = await transport("createRecvTransport");
  const producer = await sending.produce({ track: stream.getAudioTracks()[0] });

  const theirs = () => producers[0] ?? told.find(({ type }) => type === "new-producer");
  while (!theirs()) await new Promise((done) => socket.addEventListener("message", done, { once: true }));
  const { producerId } = theirs();
  const consumer = await receiving.consume(
    await ask("consume", { roomId, transportId: receiving.id, producerId, rtpCapabilities: device.rtpCapabilities }));
  const audio = Object.assign(new Audio(), { srcObject: new MediaStream([consumer.track]) });
  await audio.play();
  window.__kept = { socket, sending, receiving, producer, consumer, audio };
  return { version, role, codec: consumer.rtpParameters.codecs[0] };
}
"""


@pytest.mark.req("S3.1", "S3.2", "S3.3")
async def test_the_unmodified_mediasoup_client_is_at_home_here(scene: Scene) -> None:
    scene.set("alice", media_path="relayed")
    alice, cara = await scene.agent(), await scene.cara()
    await alice.goes_on_duty()
    await cara.calls()
    token = cara.token
    await alice.is_rung()
    await cara.page.goto(
        f"{scene.stack.url}/health"
    )  # her own page is gone: from here on another client is cara
    address = {
        "socketUrl": scene.stack.socket_url,
        "token": token,
        "clientUrl": f"{scene.stack.url}/static/vendor/mediasoup-client.js",
    }
    await cara.page.evaluate(
        f"(address) => {{ window.__client = ({FOREIGN_CLIENT})(address).catch((e) => ({{failed: String(e)}})) }}",
        address,
    )
    await alice.answers()
    async with asyncio.timeout(30):
        seen = await cara.page.evaluate("() => window.__client")
    assert "failed" not in seen, seen
    assert seen["version"] == npm_version("mediasoup-client")
    assert seen["role"] == "customer"
    assert (seen["codec"]["mimeType"].lower(), seen["codec"]["clockRate"], seen["codec"]["channels"]) == (
        "audio/opus",
        48000,
        2,
    )
    await alice.hears()
    await cara.hears()


def npm_version(package: str) -> str:
    """The version that package-lock.json pins: what `make setup` bundles."""
    lock = json.loads((ROOT / "config" / "frontend" / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{package}"]["version"])
