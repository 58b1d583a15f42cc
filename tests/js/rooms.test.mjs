import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Capture, pick } from "../../static/js/models/devices.js";
import { linked } from "../../static/js/models/links.js";
import { ownReport, PeerMeter } from "../../static/js/models/peer-quality.js";
import { MOST_TRIES, Reconnect } from "../../static/js/models/reconnect.js";
import { RoomModel } from "../../static/js/models/room-model.js";
import { Speakers } from "../../static/js/models/speakers.js";
import { arrange, columns, screenKey } from "../../static/js/models/stage.js";
import { settle } from "./fakes.mjs";

const person = (peerId, more = {}) => ({ peerId, userId: 1, name: peerId, role: "member", muted: false, videoOff: true, sharing: false, handRaisedAt: null, connected: true, ...more });
const state = (members, more = {}) => ({
  type: "room-state", roomId: "r", peerId: "alice", kind: "meeting", name: "Friday", role: "host", locked: false,
  permissions: { share: "all", chat: "all", unmute: "all" }, plan: "mesh", sessionId: "s", startedAt: 1, members, ...more,
});
const opened = (...given) => {
  const model = new RoomModel();
  model.open(state(...given));
  return model;
};

describe("a room", () => {
  const before = [person("alice", { role: "host" }), person("bob"), person("carl")];
  const events = [
    { type: "user-joined", ...person("dora") },
    { type: "peer-audio-changed", peerId: "bob", muted: true },
    { type: "peer-video-changed", peerId: "bob", off: false },
    { type: "peer-screen-share", peerId: "dora", sharing: true },
    { type: "peer-hand", peerId: "dora", raised: true },
    { type: "peer-disconnected", peerId: "bob" },
    { type: "user-left", peerId: "carl", reason: "lost" },
    { type: "room-changed", locked: true, permissions: { share: "host" } },
    { type: "room-changed", hostPeerId: "bob" },
    { type: "plan-changed", plan: "sfu" },
    { type: "mute-request", by: "bob" },
  ];

  test("a snapshot plus its events equals a fresh snapshot", () => {
    const followed = opened(before);
    for (const event of events) assert.ok(followed.apply({ roomId: "r", ...event }, 77), event.type);
    const fresh = opened(
      [
        person("alice", { muted: true }),
        person("bob", { role: "host", muted: true, videoOff: false, connected: false }),
        person("dora", { sharing: true, handRaisedAt: 77 }),
      ],
      { locked: true, plan: "sfu", permissions: { share: "host", chat: "all", unmute: "all" } },
    );
    assert.deepEqual(followed, fresh);
    assert.deepEqual([...followed.members.keys()], [...fresh.members.keys()]);
  });

  test("who is muted by the server's word is not heard, nor a screen that nobody shares", () => {
    const model = opened(before);
    assert.equal(model.hears("bob", "microphone"), true);
    assert.equal(model.hears("bob", "screen-audio"), false);
    model.apply({ roomId: "r", type: "peer-audio-changed", peerId: "bob", muted: true });
    model.apply({ roomId: "r", type: "peer-screen-share", peerId: "bob", sharing: true });
    assert.equal(model.hears("bob", "microphone"), false);
    assert.equal(model.hears("bob", "screen-audio"), true);
    model.apply({ roomId: "r", type: "peer-audio-changed", peerId: "bob", muted: false });
    assert.equal(model.hears("bob", "microphone"), true);
  });

  test("what another room says changes nothing", () => {
    const model = opened(before);
    assert.equal(model.apply({ roomId: "other", type: "user-left", peerId: "bob" }), false);
    assert.equal(model.members.size, 3);
  });

  test("who comes back comes last, and who is told twice is there once", () => {
    const model = opened(before);
    model.apply({ roomId: "r", type: "user-joined", ...person("bob") });
    assert.deepEqual([...model.members.keys()], ["alice", "carl", "bob"]);
  });

  test("only the host may what the host has kept", () => {
    const model = opened(before);
    model.apply({ roomId: "r", type: "room-changed", permissions: { chat: "host" } });
    assert.equal(model.may("chat"), true);
    model.apply({ roomId: "r", type: "room-changed", hostPeerId: "bob" });
    assert.deepEqual([model.may("chat"), model.may("share"), model.isHost], [false, true, false]);
  });

  test("hands are in the order of raising", () => {
    const model = opened(before);
    model.apply({ roomId: "r", type: "peer-hand", peerId: "carl", raised: true }, 10);
    model.apply({ roomId: "r", type: "peer-hand", peerId: "bob", raised: true }, 20);
    assert.deepEqual(model.hands.map(({ name }) => name), ["carl", "bob"]);
  });

  test("removed stays removed, whatever ends then", () => {
    const model = opened(before);
    model.apply({ roomId: "r", type: "removed" });
    model.apply({ roomId: "r", type: "room-ended" });
    assert.equal(model.over, "removed");
  });
});

describe("the stage", () => {
  const facts = { members: [person("alice"), person("bob"), person("carl")], peerId: "alice", layout: "grid", pinned: "", speaker: "" };

  test("shows the others first and ourselves last", () => {
    const { layout, tiles } = arrange(facts);
    assert.equal(layout, "grid");
    assert.deepEqual(tiles.map(({ peerId }) => peerId), ["bob", "carl", "alice"]);
  });

  test("gives the large tile to who speaks, but never to our own voice", () => {
    assert.equal(arrange({ ...facts, layout: "speaker", speaker: "carl" }).tiles[0].peerId, "carl");
    assert.equal(arrange({ ...facts, layout: "speaker", speaker: "alice" }).tiles[0].peerId, "bob");
  });

  test("puts a shared screen in front of the grid, and a pinned tile in front of that", () => {
    const members = [person("alice"), person("bob", { sharing: true }), person("carl")];
    assert.equal(arrange({ ...facts, members }).tiles[0].key, screenKey("bob"));
    assert.equal(arrange({ ...facts, members, pinned: "carl" }).tiles[0].key, "carl");
  });

  test("our own shared screen takes nobody's place", () => {
    const stage = arrange({ ...facts, members: [person("alice", { sharing: true }), person("bob")] });
    assert.equal(stage.layout, "grid");
    assert.equal(stage.tiles.length, 3);
  });

  test("one alone is no speaker", () => {
    assert.equal(arrange({ ...facts, members: [person("alice")], layout: "speaker" }).layout, "grid");
  });

  test("a voice room has no screens", () => {
    assert.equal(arrange({ ...facts, members: [person("bob", { sharing: true }), person("alice")], voice: true }).tiles.length, 2);
  });

  test("columns make the tiles as large as they can be", () => {
    assert.deepEqual([columns(6, 1280, 720), columns(2, 390, 700), columns(4, 800, 500), columns(1, 900, 400)], [3, 1, 2, 1]);
  });
});

describe("who speaks", () => {
  test("a cough does not take the word, a pause gives it", () => {
    const speakers = new Speakers();
    speakers.note("bob", 0.3, 1000);
    speakers.note("carl", 0.3, 1500);
    assert.equal(speakers.main, "bob");
    speakers.note("carl", 0.3, 2900);
    assert.equal(speakers.main, "carl");
    assert.deepEqual([speakers.speaks("carl", 3000), speakers.speaks("bob", 3000)], [true, false]);
  });

  test("silence is no speech", () => {
    const speakers = new Speakers();
    speakers.note("bob", 0.001, 1000);
    assert.equal(speakers.main, "");
  });
});

describe("addresses in written words", () => {
  test("are links without what the sentence puts after them", () => {
    assert.deepEqual(linked("보세요 https://hanbit.example/a?b=1. 끝"), [
      { text: "보세요 " }, { text: "https://hanbit.example/a?b=1", href: "https://hanbit.example/a?b=1" }, { text: ". 끝" },
    ]);
    assert.equal(linked("(http://a.kr/b)")[1].text, "http://a.kr/b");
    assert.equal(linked("http://a.kr에서")[0].href, "http://a.kr/");
  });

  test("are http and https only, and never another house's", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://bank.kr@evil.example/", "https://"]) {
      assert.deepEqual(linked(text).filter(({ href }) => href), [], text);
    }
  });
});

describe("quality of one participant", () => {
  const row = (bytes, packets, lost = 0) => ({ type: "inbound-rtp", kind: "audio", bytesReceived: bytes, packetsReceived: packets, packetsLost: lost, audioLevel: 0.2 });

  test("bandwidth is counted from look to look", () => {
    const meter = new PeerMeter();
    meter.look([row(1000, 10)], 1000);
    const { kbps, lossPercent, loudness } = meter.look([row(11_000, 60, 10)], 2000);
    assert.deepEqual([kbps, lossPercent, loudness], [80, 16.7, 0.2]);
  });

  test("a page reports its worst path and the sum of its bandwidth", () => {
    const [good, poor] = [{ level: 4, word: "good", rttMs: 20, lossPercent: 0, kbps: 40 }, { level: 1, word: "poor", rttMs: 900, lossPercent: 12.4, kbps: 30 }];
    assert.deepEqual(ownReport([good, poor]), { level: "poor", rttMs: 900, lossPercent: 12, kbps: 70 });
    assert.equal(ownReport([{ ...good, word: "lost" }]), null);
  });
});

describe("a lost path", () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ["setTimeout"] });
  });

  for (const chance of [0, 0.999]) {
    test(`is tried at least ten times within a minute, gently first (chance ${chance})`, async () => {
      const [tried, shown] = [[], []];
      const step = (name) => () => tried.push(name);
      const reconnect = new Reconnect({
        steps: { ice: step("ice"), transport: step("transport"), socket: step("socket") },
        on: ({ state }) => shown.push(state),
        random: () => chance,
      });
      reconnect.lost();
      for (let second = 0; second < 60; second += 1) {
        await settle();
        mock.timers.tick(1000);
      }
      await settle();
      assert.ok(tried.length >= 10, `${tried.length} tries`);
      assert.deepEqual([...new Set(tried)], ["ice", "transport", "socket"]);
      assert.equal(tried.length, MOST_TRIES);
      assert.equal(shown.at(-1), "failed");
    });
  }

  test("ends when the sound is back, and a step that fails does not end it", async () => {
    const shown = [];
    const broken = () => Promise.reject(new Error("no"));
    const reconnect = new Reconnect({ steps: { ice: broken, transport: broken, socket: broken }, on: (recovery) => shown.push(recovery.state) });
    reconnect.lost();
    reconnect.lost();
    await settle();
    mock.timers.tick(2000);
    reconnect.found();
    mock.timers.tick(60_000);
    assert.deepEqual(shown, ["recovering", "recovering", "fine"]);
  });

  test("another network is tried at once", async () => {
    const tried = [];
    const steps = { ice: () => tried.push("ice"), transport: () => tried.push("transport"), socket: () => tried.push("socket") };
    const reconnect = new Reconnect({ steps, on() {} });
    reconnect.hurry();
    reconnect.lost();
    await settle();
    reconnect.hurry();
    await settle();
    assert.deepEqual(tried, ["ice", "ice"]);
  });
});

describe("devices", () => {
  const mic = (deviceId) => ({ deviceId, kind: "audioinput" });
  const track = (deviceId) => Object.assign(new EventTarget(), { enabled: true, readyState: "live", getSettings: () => ({ deviceId }), stop() { this.readyState = "ended"; } });
  const media = (devices) => ({
    devices,
    asked: [],
    async enumerateDevices() { return this.devices; },
    async getUserMedia(wanted) {
      this.asked.push(wanted.audio.deviceId?.ideal);
      if (!this.devices.length) throw Object.assign(new Error(), { name: "NotFoundError" });
      return { getTracks: () => [track(pick(this.devices, "audioinput", wanted.audio.deviceId?.ideal))] };
    },
  });

  test("the one after the unplugged one is next", () => {
    const before = [mic("a"), mic("b"), mic("c")];
    assert.equal(pick([mic("a"), mic("c")], "audioinput", "b", before), "c");
    assert.equal(pick([mic("a"), mic("b")], "audioinput", "c", before), "a");
    assert.equal(pick([mic("b")], "audioinput", "b", before), "b");
    assert.equal(pick([], "audioinput", "b", before), "");
  });

  test("an unplugged microphone is replaced by the next, muted as before", async () => {
    const fake = media([mic("a"), mic("b"), mic("c")]);
    const replaced = [];
    const capture = new Capture({ type: "audio", media: fake, replaced: (next) => replaced.push(next) });
    const first = await capture.open("b");
    capture.mute(true);
    fake.devices = [mic("a"), mic("c")];
    first.readyState = "ended";
    first.dispatchEvent(new Event("ended"));
    await settle();
    assert.equal(replaced[0].getSettings().deviceId, "c");
    assert.equal(replaced[0].enabled, false);
  });

  test("the last one gone is said, and a refusal has its reason", async () => {
    const fake = media([mic("a")]);
    const replaced = [];
    const capture = new Capture({ type: "audio", media: fake, replaced: (next) => replaced.push(next) });
    const first = await capture.open();
    fake.devices = [];
    first.readyState = "ended";
    first.dispatchEvent(new Event("ended"));
    await settle();
    assert.deepEqual(replaced, [null]);
    await assert.rejects(capture.open(), { trouble: "missing" });
    await assert.rejects(new Capture({ type: "video", media: undefined, replaced() {} }).open(), { trouble: "insecure" });
  });
});
