import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Backoff } from "../../static/js/models/backoff.js";
import { DirectPeer } from "../../static/js/models/direct-peer.js";
import { base64, FallbackRecorder } from "../../static/js/models/fallback-recorder.js";
import { MediaPath } from "../../static/js/models/media-path.js";
import { sessionOf } from "../../static/js/models/negotiation.js";
import { SfuTap } from "../../static/js/models/sfu-tap.js";
import { SliceQueue } from "../../static/js/models/slice-queue.js";
import { FakeConnection, FakeDevice, settle } from "./fakes.mjs";

globalThis.MediaStream ??= class {};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

/** Two pages whose signals reach each other when the test lets them. */
function pair() {
  const sides = {};
  for (const [name, polite] of [["cara", true], ["alice", false]]) {
    const made = [];
    const sent = [];
    const peer = new DirectPeer({
      rtc: {},
      polite,
      create: () => (made.push(new FakeConnection()), made.at(-1)),
      on: { signal: (signal) => sent.push(signal), track() {}, state() {}, negotiated: () => (sides[name].negotiated += 1) },
    });
    sides[name] = { peer, made, sent, negotiated: 0 };
  }
  const deliver = async () => {
    for (let round = 0; round < 6; round += 1) {
      await settle();
      const [fromCara, fromAlice] = [sides.cara.sent.splice(0), sides.alice.sent.splice(0)];
      for (const signal of fromCara) await sides.alice.peer.receive(signal);
      for (const signal of fromAlice) await sides.cara.peer.receive(signal);
    }
  };
  const agreed = () => sides.cara.made.at(-1).signalingState === "stable" && sides.alice.made.at(-1).signalingState === "stable"
    && sessionOf(sides.cara.made.at(-1).remoteDescription?.sdp) === String(sides.alice.made.at(-1).session)
    && sessionOf(sides.alice.made.at(-1).remoteDescription?.sdp) === String(sides.cara.made.at(-1).session);
  return { ...sides, deliver, agreed };
}

describe("the direct path", () => {
  test("one offers, the other waits, both agree", async () => {
    const { cara, alice, deliver, agreed } = pair();
    cara.peer.start({}, false);
    alice.peer.start({}, true);
    await settle();
    assert.equal(cara.sent.length, 0);
    await deliver();
    assert.ok(agreed());
    assert.deepEqual([cara.negotiated, alice.negotiated], [1, 1]);
  });

  test("when both offer at once the customer gives way", async () => {
    const { cara, alice, deliver, agreed } = pair();
    cara.peer.start({}, true);
    alice.peer.start({}, true);
    await settle();
    assert.deepEqual([cara.sent[0].type, alice.sent[0].type], ["offer", "offer"]);
    await deliver();
    assert.ok(agreed());
    assert.equal(alice.made.at(-1).localDescription.type, "offer");
  });

  test("candidates that come first wait for the description", async () => {
    const { cara } = pair();
    cara.peer.start({}, false);
    await cara.peer.receive({ type: "ice-candidate", candidate: { candidate: "early" } });
    await cara.peer.receive({ type: "ice-candidate", candidate: null });
    assert.deepEqual(cara.made[0].candidates, []);
    await cara.peer.receive({ type: "offer", sdp: "v=0\r\no=- 9 1 IN IP4 0.0.0.0\r\n" });
    assert.deepEqual(cara.made[0].candidates, [{ candidate: "early" }, null]);
  });

  test("a page that was loaded again is met with a new connection", async () => {
    const first = pair();
    first.cara.peer.start({}, false);
    first.alice.peer.start({}, true);
    await first.deliver();
    await first.alice.peer.receive({ type: "offer", sdp: "v=0\r\no=- 777 1 IN IP4 0.0.0.0\r\n" });
    assert.equal(first.alice.made.length, 2);
    assert.ok(first.alice.made[0].closed);
    assert.equal(first.alice.made[1].localDescription.type, "answer");
  });

  test("an ICE restart keeps the connection", async () => {
    const { cara, alice, deliver, agreed } = pair();
    cara.peer.start({}, false);
    alice.peer.start({}, true);
    await deliver();
    alice.peer.restart();
    await deliver();
    assert.equal(alice.made[0].restarts, 1);
    assert.deepEqual([cara.made.length, alice.made.length], [1, 1]);
    assert.ok(agreed());
  });

  test("an offer that got lost is sent again", async () => {
    const { cara, alice, deliver, agreed } = pair();
    cara.peer.start({}, false);
    alice.peer.start({}, true);
    await settle();
    alice.sent.splice(0);
    alice.peer.restart();
    await deliver();
    assert.ok(agreed());
  });

  test("a disconnected one is restarted after a moment, a failed one at once", async () => {
    const { cara, alice, deliver } = pair();
    cara.peer.start({}, false);
    alice.peer.start({}, true);
    await deliver();
    alice.made[0].become("disconnected");
    assert.equal(alice.made[0].restarts, 0);
    mock.timers.tick(2_500);
    assert.equal(alice.made[0].restarts, 1);
    alice.made[0].become("failed");
    assert.equal(alice.made[0].restarts, 2);
  });

  test("an answer that cannot be used leads to a new start, not to silence", async () => {
    const { alice } = pair();
    alice.peer.start({}, true);
    await settle();
    await alice.peer.receive({ type: "answer", sdp: "broken" });
    await settle();
    assert.equal(alice.made.length, 2);
    assert.equal(alice.sent.at(-1).type, "offer");
  });
});

describe("which way the sound goes", () => {
  const aPath = () => {
    let gaveUp = 0;
    const path = new MediaPath({ timeoutMs: 5_000, giveUp: () => (gaveUp += 1) });
    return { path, gaveUp: () => gaveUp };
  };

  test("direct, when it connects in time", () => {
    const { path, gaveUp } = aPath();
    path.negotiated();
    mock.timers.tick(4_999);
    path.directIs("connected");
    mock.timers.tick(60_000);
    assert.equal(gaveUp(), 0);
  });

  test("relayed, when it does not", () => {
    const { path, gaveUp } = aPath();
    path.negotiated();
    mock.timers.tick(5_000);
    assert.equal(gaveUp(), 1);
  });

  test("the clock does not run before both sides have spoken", () => {
    const { gaveUp } = aPath();
    mock.timers.tick(60_000);
    assert.equal(gaveUp(), 0);
  });

  test("a connection that stood is given time to come back", () => {
    const { path, gaveUp } = aPath();
    path.directIs("connected");
    path.directIs("disconnected");
    mock.timers.tick(5_000);
    path.directIs("connected");
    mock.timers.tick(60_000);
    assert.equal(gaveUp(), 0);
    path.directIs("failed");
    mock.timers.tick(8_000);
    assert.equal(gaveUp(), 1);
  });
});

function aTap({ refuse = () => null, producers = [] } = {}) {
  const asked = [];
  const states = [];
  const heard = [];
  const gone = [];
  const devices = [];
  const request = async (type, fields) => {
    asked.push({ type, ...fields });
    const refusal = refuse(type, asked);
    if (refusal) throw refusal;
    const count = asked.filter((one) => one.type === type).length;
    return { "join-room": { rtpCapabilities: {}, producers }, "create-transport": { id: `t${count}` }, produce: { producerId: `p${count}` }, consume: { id: "c", producerId: fields.producerId, kind: "audio" } }[type] ?? {};
  };
  const tap = new SfuTap({
    request,
    loadDevice: async () => (devices.push(new FakeDevice()), devices.at(-1)),
    roomId: "room",
    peerId: "me",
    rtc: { iceServers: [{ urls: "stun:x" }] },
    backoff: new Backoff({ random: () => 0 }),
    on: { state: (state) => states.push(state), track: (track) => heard.push(track.consumed), gone: (producerId) => gone.push(producerId) },
  });
  return { tap, asked, states, heard, gone, devices };
}

describe("the tap", () => {
  test("joins, connects and sends without DTX, and sends again what got lost", async () => {
    const { tap, asked, states, devices } = aTap();
    tap.start({});
    await settle();
    assert.deepEqual(asked.map(({ type }) => type), ["join-room", "create-transport", "connect-transport", "produce"]);
    assert.ok(asked.every(({ roomId }) => roomId === "room"));
    assert.deepEqual(states, ["connecting", "working"]);
    assert.deepEqual(devices[0].transports[0].options, { opusDtx: false, opusFec: true, opusStereo: false, opusNack: true });
    assert.deepEqual(devices[0].transports[0].parameters.iceServers, [{ urls: "stun:x" }]);
  });

  test("hears nobody on the direct path", async () => {
    const { tap, heard } = aTap({ producers: [{ peerId: "other", producerId: "o", kind: "audio" }] });
    tap.start({});
    await settle();
    tap.receive({ type: "new-producer", peerId: "other", producerId: "o2", kind: "audio" });
    await settle();
    assert.deepEqual(heard, []);
  });

  test("hears the other side, each producer once and never itself, when relayed", async () => {
    const { tap, heard } = aTap({ producers: [{ peerId: "other", producerId: "o", kind: "audio" }, { peerId: "me", producerId: "mine", kind: "audio" }] });
    tap.start({});
    await settle();
    tap.listen();
    tap.listen();
    await settle();
    tap.receive({ type: "new-producer", peerId: "other", producerId: "o2", kind: "audio" });
    await settle();
    assert.deepEqual(heard, ["o", "o2"]);
  });

  test("of several people each comes and goes alone", async () => {
    const { tap, heard, gone } = aTap({ producers: [{ peerId: "alice", producerId: "a", kind: "audio" }, { peerId: "dan", producerId: "d", kind: "audio" }] });
    tap.start({});
    tap.listen();
    await settle();
    tap.receive({ type: "producer-closed", peerId: "alice", producerId: "a", kind: "audio" });
    tap.receive({ type: "producer-closed", peerId: "erin", producerId: "unknown", kind: "audio" });
    await settle();
    assert.deepEqual(heard, ["a", "d"]);
    assert.deepEqual(gone, ["a"]);
  });

  test("comes back with growing waits while there is no media server", async () => {
    const { tap, asked, states } = aTap({ refuse: (type, all) => (all.length < 3 ? new Error("media_unavailable") : null) });
    tap.start({});
    await settle();
    assert.equal(states.at(-1), "lost");
    mock.timers.tick(250);
    await settle();
    assert.equal(asked.length, 2);
    mock.timers.tick(500);
    await settle();
    assert.equal(states.at(-1), "working");
  });

  test("joins anew when the media server is gone, and closes what it had", async () => {
    const { tap, states, devices } = aTap();
    tap.start({});
    await settle();
    tap.receive({ type: "media-lost" });
    assert.equal(states.at(-1), "lost");
    assert.ok(devices[0].transports[0].closed);
    mock.timers.tick(250);
    await settle();
    assert.equal(states.at(-1), "working");
    assert.equal(devices.length, 2);
  });

  test("after a lost socket it asks whether its producer still lives", async () => {
    const alive = aTap();
    alive.tap.start({});
    await settle();
    await alive.tap.check();
    assert.deepEqual(alive.asked.at(-1), { type: "resume-producer", roomId: "room", producerId: "p1" });
    assert.equal(alive.devices.length, 1);
    const dead = aTap({ refuse: (type) => (type === "resume-producer" ? new Error("not_found") : null) });
    dead.tap.start({});
    await settle();
    await dead.tap.check();
    await settle();
    assert.equal(dead.devices.length, 2);
    assert.equal(dead.states.at(-1), "working");
  });

  test("a media server that falls silent is left, one that never reports is not", async () => {
    const { tap, states, devices } = aTap();
    let now = 0;
    mock.method(Date, "now", () => now);
    tap.start({});
    await settle();
    const pass = async (seconds) => {
      for (let second = 0; second < seconds; second += 1) {
        now += 1_000;
        mock.timers.tick(1_000);
        await settle();
      }
    };
    await pass(20);
    assert.equal(devices.length, 1);
    for (const timestamp of [100, 200]) {
      devices[0].stats = new Map([["r", { type: "remote-inbound-rtp", timestamp }]]);
      await pass(2);
    }
    assert.equal(states.at(-1), "working");
    await pass(2);
    assert.ok(states.includes("lost"));
    await pass(1);
    assert.equal(devices.length, 2);
    tap.stop();
    Date.now.mock.restore();
  });

  test("once stopped it stays away", async () => {
    const { tap, asked } = aTap();
    tap.start({});
    await settle();
    tap.stop();
    const before = asked.length;
    tap.receive({ type: "media-lost" });
    mock.timers.tick(60_000);
    await settle();
    assert.equal(asked.length, before);
  });
});

const slice = (sequence) => ({ recorder: "r", sequence, timestamp: sequence, mimeType: "audio/webm", audioData: "" });

describe("slices", () => {
  test("are held until they are needed, then leave in order", async () => {
    const sent = [];
    const queue = new SliceQueue(async ({ sequence }) => void sent.push(sequence));
    for (const n of [0, 1, 2, 3, 4]) queue.push(slice(n));
    await settle();
    assert.deepEqual(sent, []);
    queue.release();
    await settle();
    assert.deepEqual(sent, [0, 1, 2, 3, 4]);
    assert.equal(queue.size, 0);
  });

  test("what was not acknowledged is sent again after a reconnect, nothing is lost", async () => {
    let online = true;
    const stored = new Set();
    const queue = new SliceQueue(async ({ sequence }) => {
      if (!online) throw Object.assign(new Error(), { code: "offline" });
      stored.add(sequence);
    });
    queue.release();
    queue.push(slice(0));
    await settle();
    online = false;
    for (const n of [1, 2, 3, 4, 5]) queue.push(slice(n));
    await settle();
    assert.equal(queue.size, 5);
    online = true;
    queue.resume();
    await settle();
    assert.deepEqual([...stored], [0, 1, 2, 3, 4, 5]);
  });

  test("a queue that is too long keeps the first slice, which says how to read the others", async () => {
    const sent = [];
    const queue = new SliceQueue(async ({ sequence }) => void sent.push(sequence));
    for (let n = 0; n < 603; n += 1) queue.push(slice(n));
    queue.release();
    await queue.emptied();
    assert.equal(sent.length, 600);
    assert.deepEqual(sent.slice(0, 2), [0, 4]);
  });

  test("a full disk is tried again, a refusal for good is not", async () => {
    const codes = ["storage_failed", "malformed"];
    let tries = 0;
    const queue = new SliceQueue(async () => {
      tries += 1;
      const code = codes.shift();
      if (code) throw Object.assign(new Error(), { code });
    });
    queue.release();
    queue.push(slice(0));
    await settle();
    assert.equal(queue.size, 1);
    mock.timers.tick(1_000);
    await settle();
    assert.deepEqual([tries, queue.size], [2, 0]);
  });
});

class FakeRecorder extends EventTarget {
  state = "recording";
  mimeType = "audio/webm;codecs=opus";
  start() {}
  give(text) {
    this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: new Blob([text]) }));
  }
  stop() {
    this.state = "inactive";
    this.give("end");
    this.dispatchEvent(new Event("stop"));
  }
}

function aFallback() {
  const sent = [];
  const states = [];
  const recorders = [];
  let now = 1_000_000;
  const fallback = new FallbackRecorder({
    send: async (one) => void sent.push(one),
    onState: (state) => states.push(state),
    now: () => now,
    record: () => (recorders.push(new FakeRecorder()), recorders.at(-1)),
  });
  const pass = async (ms) => {
    now += ms;
    mock.timers.tick(ms);
    await fallback.encoding;
    await settle();
  };
  return { fallback, sent, states, recorders, pass };
}

describe("the fallback", () => {
  test("sends what it has recorded from the first moment when the media server stays away", async () => {
    const { fallback, sent, states, recorders, pass } = aFallback();
    fallback.standBy({});
    await pass(1_000);
    recorders[0].give("one");
    await pass(1_000);
    assert.equal(sent.length, 0);
    await pass(6_000);
    assert.deepEqual(states, ["holding", "sending"]);
    assert.deepEqual(sent.map(({ sequence, timestamp, audioData }) => [sequence, timestamp, audioData]), [[0, 1_000_000, base64(Buffer.from("one"))]]);
    recorders[0].give("two");
    await pass(0);
    assert.equal(sent[1].timestamp, 1_001_000);
  });

  test("keeps nothing of the ordinary second that connecting takes", async () => {
    const { fallback, sent, states, recorders, pass } = aFallback();
    fallback.standBy({});
    await pass(1_000);
    recorders[0].give("one");
    fallback.standDown();
    await pass(60_000);
    assert.deepEqual(sent, []);
    assert.equal(states.at(-1), "off");
  });

  test("a gap of some seconds is sent, its last slice marked", async () => {
    const { fallback, sent, recorders, pass } = aFallback();
    fallback.standBy({});
    recorders[0].give("one");
    await pass(4_000);
    fallback.standDown();
    await pass(0);
    assert.deepEqual(sent.map(({ last }) => Boolean(last)), [false, true]);
  });

  test("at the end of a call it is done when the last slice is stored", async () => {
    const { fallback, sent, recorders } = aFallback();
    fallback.standBy({});
    recorders[0].give("one");
    await fallback.finish();
    assert.deepEqual(sent.map(({ sequence, last }) => [sequence, Boolean(last)]), [[0, false], [1, true]]);
    await fallback.finish(); // with nothing to send it is done at once
  });

  test("even a short gap is sent once the tap has worked", async () => {
    const { fallback, sent, recorders, pass } = aFallback();
    fallback.standDown();
    fallback.standBy({});
    await pass(500);
    recorders[0].give("one");
    fallback.standDown();
    await pass(0);
    assert.equal(sent.length, 2);
  });

  test("the next gap has a recorder of its own", async () => {
    const { fallback, sent, recorders, pass } = aFallback();
    for (const text of ["a", "b"]) {
      fallback.standBy({});
      await pass(3_000);
      recorders.at(-1).give(text);
      fallback.standDown();
      await pass(10);
    }
    assert.equal(new Set(sent.map(({ recorder }) => recorder)).size, 2);
    assert.deepEqual(sent.map(({ sequence }) => sequence), [0, 1, 0, 1]);
  });
});
