import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { CallMedia, DIRECT } from "../../static/js/models/call-media.js";
import { CallModel } from "../../static/js/models/call-model.js";
import { FakeConnection, FakeDevice, settle } from "./fakes.mjs";

globalThis.MediaStream ??= class {};
globalThis.MediaRecorder = class extends EventTarget {
  static isTypeSupported = () => true;
  start() {}
  stop() {}
};

const DIRECT_TIMEOUT_MS = 1_000;
const OTHER = { peerId: "alice", producerId: "a", kind: "audio" };

/** What arrives over one connection. */
class Arriving {
  packets = 0;
  getStats = async () => new Map([["in", { type: "inbound-rtp", kind: "audio", packetsReceived: this.packets, packetsLost: 0 }]]);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

async function pass(ms) {
  for (let gone = 0; gone < ms; gone += 250) {
    mock.timers.tick(250);
    for (let turn = 0; turn < 5; turn += 1) await settle();
  }
}

/** cara's side of a call whose direct connection is not there in time. `relayed` and `direct` say what comes over each. */
async function aLateCall(role = "customer") {
  const [direct, relayed] = [new Arriving(), new Arriving()];
  const connections = [];
  globalThis.RTCPeerConnection = class extends FakeConnection {
    getStats = direct.getStats;
    constructor() {
      super();
      connections.push(this);
    }
  };
  class Device extends FakeDevice {
    createRecvTransport(parameters) {
      return Object.assign(super.createRecvTransport(parameters), { getStats: relayed.getStats });
    }
  }
  const model = new CallModel(role);
  Object.assign(model, { callId: "call", peerId: "cara", status: "CONNECTING" });
  model.parties.set("alice", { peerId: "alice", role: role === "agent" ? "customer" : "agent", name: "Alice", connected: true });
  const asked = [];
  const answers = { "join-room": { rtpCapabilities: {}, producers: [OTHER] }, "create-transport": { id: "t" }, produce: { producerId: "mine" }, consume: { id: "c", producerId: "a" } };
  const heard = [];
  const log = { flowing: [], gone: [] };
  const media = new CallMedia({
    signaling: { request: async (type, fields) => (asked.push({ type, ...fields }), answers[type] ?? {}), tell() {} },
    model,
    rtc: {},
    directTimeoutMs: DIRECT_TIMEOUT_MS,
    loadDevice: async () => new Device(),
    on: { track: (track, key) => heard.push(key), gone: (key) => log.gone.push(key), flowing: (path) => log.flowing.push(path), quality() {}, state() {} },
  });
  media.begin(Object.assign(new EventTarget(), { kind: "audio" }), true);
  await settle();
  media.receive({ type: "answer", sdp: "v=0\r\no=- 77 1 IN IP4 0.0.0.0\r\n" });
  connections[0].dispatchEvent(Object.assign(new Event("track"), { track: new EventTarget() }));
  await pass(2 * DIRECT_TIMEOUT_MS);
  const reports = () => asked.filter(({ type }) => type === "media-connected").map(({ path }) => path);
  return { media, model, direct, relayed, connection: connections[0], connections, asked, heard, ...log, reports };
}

describe("a direct connection that is late", () => {
  test("carries no files any more when the sound is to go through the server", async () => {
    const { media, connection } = await aLateCall();
    const channels = [];
    media.on.channel = (channel) => channels.push(channel);
    media.receive({ type: "path-changed", path: "relayed" });
    assert.deepEqual([channels, connection.closed], [[null], false]);
  });

  test("the server is asked, and the direct connection is kept until something comes from there", async () => {
    const { asked, heard, connection, reports } = await aLateCall();
    assert.ok(asked.some(({ type, path }) => type === "use-path" && path === "relayed"));
    assert.deepEqual(heard, [DIRECT, "a"]);
    await pass(10_000);
    assert.equal(connection.closed, false);
    assert.deepEqual(reports(), []);
  });

  test("it is heard all the same when nothing can come from the server", async () => {
    const { direct, flowing, connection, reports } = await aLateCall();
    direct.packets = 5;
    await pass(500);
    assert.deepEqual(flowing, ["direct"]);
    assert.deepEqual(reports(), ["direct"]);
    assert.equal(connection.closed, false);
  });

  test("it ends once the server's sound is there", async () => {
    const { relayed, flowing, gone, connection, reports } = await aLateCall();
    relayed.packets = 5;
    await pass(500);
    assert.deepEqual([flowing, reports(), gone], [["relayed"], ["relayed"], [DIRECT]]);
    assert.ok(connection.closed);
  });

  test("whoever is heard directly goes over to the server as soon as that flows, and says so", async () => {
    const { direct, relayed, flowing, connection, reports } = await aLateCall();
    direct.packets = 5;
    await pass(500);
    direct.packets = relayed.packets = 50;
    await pass(2_500);
    assert.deepEqual(flowing, ["direct", "relayed"]);
    assert.deepEqual(reports(), ["direct", "relayed"]);
    assert.ok(connection.closed);
  });

  test("while nothing is heard by either way the agent's page tries anew, and no longer", async () => {
    const { connections, direct, reports } = await aLateCall("agent");
    await pass(12_000);
    assert.equal(connections.length, 2);
    assert.ok(connections[0].closed);
    direct.packets = 5;
    connections[1].dispatchEvent(Object.assign(new Event("track"), { track: new EventTarget() }));
    await pass(30_000);
    assert.deepEqual([connections.length, reports()], [2, ["direct"]]);
  });

  test("the customer's page leaves that to the agent's", async () => {
    const { connections } = await aLateCall("customer");
    await pass(30_000);
    assert.equal(connections.length, 1);
  });

  test("nothing is looked at after the end", async () => {
    const { media, direct, flowing } = await aLateCall();
    await media.close();
    direct.packets = 5;
    await pass(5_000);
    assert.deepEqual(flowing, []);
  });
});
