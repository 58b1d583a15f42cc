import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Mesh, SOURCES } from "../../static/js/models/mesh.js";
import { SfuRoom } from "../../static/js/models/sfu-room.js";
import { FakeConnection, settle } from "./fakes.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

const track = (name) => Object.assign(new EventTarget(), { name, muted: false, kind: name.includes("cam") ? "video" : "audio" });

/** A connection with lines: those of the offer appear at who answers. */
class MeshConnection extends FakeConnection {
  lines = [];
  getTransceivers() {
    return this.lines;
  }
  addTransceiver(kind, { direction }) {
    const line = { direction, sender: { track: typeof kind === "string" ? null : kind, async replaceTrack(next) { this.track = next; } } };
    this.lines.push(line);
    this.want();
    return line;
  }
  async setRemoteDescription(description) {
    await super.setRemoteDescription(description);
    const before = this.lines.length;
    for (let at = before; at < SOURCES.length; at += 1) this.addTransceiver("audio", { direction: "recvonly" });
    for (const [at, transceiver] of this.lines.entries()) {
      this.dispatchEvent(Object.assign(new Event("track"), { track: track(`${description.sdp.split("\n")[1]} ${SOURCES[at]}`), transceiver }));
    }
  }
  want() {
    if (this.signalingState === "stable") super.want();
  }
}

/** Without the line that says whose answer it is. */
const bare = ({ sdp }) => sdp.replace(/^a=x-answers:.*\r\n/m, "");

/** Pages whose signals reach each other when the test lets them. */
function town(...names) {
  const pages = {};
  for (const name of names) {
    const page = { made: [], sent: [], heard: [], states: [] };
    page.mesh = new Mesh({
      peerId: name,
      rtc: {},
      create: () => (page.made.push(new MeshConnection()), page.made.at(-1)),
      on: {
        signal: (to, signal) => page.sent.push({ ...signal, from: name, to }),
        track: (peerId, source) => page.heard.push(`${peerId} ${source}`),
        state: (peerId, state) => page.states.push(`${peerId} ${state}`),
      },
    });
    pages[name] = page;
  }
  const deliver = async ({ lose = () => false } = {}) => {
    for (let round = 0; round < 8; round += 1) {
      await settle();
      const signals = Object.values(pages).flatMap(({ sent }) => sent.splice(0));
      for (const signal of signals) if (!lose(signal)) pages[signal.to].mesh.receive(signal);
    }
    await settle();
  };
  const agreed = (a, b) => {
    const [one, two] = [pages[a].mesh.peers.get(b).connection, pages[b].mesh.peers.get(a).connection];
    return [one, two].every((each) => each.signalingState === "stable" && each.remoteDescription)
      && bare(one.remoteDescription) === two.localDescription.sdp && bare(two.remoteDescription) === one.localDescription.sdp;
  };
  return { ...pages, deliver, agreed };
}

describe("the mesh", () => {
  test("each pair agrees, and every signal has its address", async () => {
    const { alice, bob, carl, deliver, agreed } = town("alice", "bob", "carl");
    alice.mesh.meet(["bob", "carl"]);
    bob.mesh.meet(["alice", "carl"]);
    carl.mesh.meet(["alice", "bob"]);
    await deliver();
    assert.ok(agreed("alice", "bob") && agreed("bob", "carl") && agreed("alice", "carl"));
    assert.deepEqual([alice, bob, carl].map(({ made }) => made.length), [2, 2, 2]);
    assert.deepEqual(carl.heard.filter((heard) => heard.startsWith("alice")), SOURCES.map((source) => `alice ${source}`));
  });

  test("what is switched on later needs no new offer", async () => {
    const { alice, bob, deliver } = town("alice", "bob");
    bob.mesh.setTrack("microphone", track("mic"));
    alice.mesh.meet(["bob"]);
    bob.mesh.meet(["alice"]);
    await deliver();
    const camera = track("cam");
    bob.mesh.setTrack("camera", camera);
    await settle();
    const [line0, line1] = bob.made[0].lines;
    assert.deepEqual([line0.sender.track.name, line1.sender.track.name, bob.sent.length], ["mic", "cam", 0]);
  });

  test("an offer that was lost is made up for by the other side", async () => {
    const { alice, bob, deliver, agreed } = town("alice", "bob");
    alice.mesh.meet(["bob"]);
    bob.mesh.meet(["alice"]);
    await deliver({ lose: ({ from }) => from === "alice" });
    mock.timers.tick(3000);
    await deliver();
    assert.ok(agreed("alice", "bob"));
  });

  test("restarts that cross each other end in one agreement", async () => {
    const { alice, bob, deliver, agreed } = town("alice", "bob");
    alice.mesh.meet(["bob"]);
    bob.mesh.meet(["alice"]);
    await deliver();
    alice.mesh.restart();
    bob.mesh.restart();
    await deliver();
    assert.ok(agreed("alice", "bob"));
    assert.deepEqual([alice.made.length, bob.made.length], [1, 1]);
  });

  test("a page that was loaded again is met with a new connection", async () => {
    const first = town("alice", "bob");
    first.alice.mesh.meet(["bob"]);
    first.bob.mesh.meet(["alice"]);
    await first.deliver();
    const again = town("alice", "bob");
    again.alice.mesh = first.alice.mesh;
    again.alice.mesh.on = { ...again.alice.mesh.on, signal: (to, signal) => again.alice.sent.push({ ...signal, from: "alice", to }) };
    again.bob.mesh.meet(["alice"]);
    mock.timers.tick(3000);
    await again.deliver();
    assert.equal(first.alice.made.length, 2);
    assert.ok(first.alice.made[0].closed);
    assert.equal(bare(first.alice.made[1].remoteDescription), again.bob.made.at(-1).localDescription.sdp);
  });

  test("an answer to the offer of a connection that is gone is not taken for one to the next", async () => {
    const { alice, bob, deliver, agreed } = town("alice", "bob");
    alice.mesh.meet(["bob"]);
    bob.mesh.meet(["alice"]);
    await settle();
    const [first] = alice.sent.splice(0);
    alice.mesh.peers.get("bob").renew();
    await settle();
    const [second] = alice.sent.splice(0);
    bob.mesh.receive(first);
    await settle();
    const [late] = bob.sent.splice(0);
    alice.mesh.receive(late);
    await settle();
    assert.equal(alice.made[1].remoteDescription, null);
    bob.mesh.receive(second);
    await deliver();
    assert.ok(agreed("alice", "bob"));
  });

  test("an offer that nobody has answered is said again, and not made anew while it may still be answered", async () => {
    const { alice } = town("alice", "bob");
    alice.mesh.meet(["bob"]);
    await settle();
    alice.mesh.restart();
    alice.mesh.renew();
    await settle();
    const [offer, again] = alice.sent;
    assert.deepEqual([alice.made.length, again.sdp], [1, offer.sdp]);
    mock.timers.tick(12_000);
    alice.mesh.renew();
    assert.equal(alice.made.length, 2);
  });

  test("who leaves is let go", async () => {
    const { alice, bob, deliver } = town("alice", "bob");
    alice.mesh.meet(["bob"]);
    await deliver();
    alice.mesh.meet([]);
    assert.ok(alice.made[0].closed);
    assert.equal(bob.made.length, 1);
    assert.equal(alice.mesh.connected, true);
  });
});

class Transport {
  handlers = {};
  consumers = [];
  restarts = 0;
  constructor(parameters) {
    this.id = parameters.id;
  }
  on(name, handler) {
    this.handlers[name] = handler;
  }
  async produce(given) {
    await new Promise((done, failed) => this.handlers.connect({ dtlsParameters: {} }, done, failed));
    const { id } = await new Promise((done, failed) => this.handlers.produce({ kind: given.track.kind, rtpParameters: {}, appData: given.appData }, done, failed));
    this.handlers.connectionstatechange("connected");
    return { id, given, track: given.track, close() { this.closed = true; }, async replaceTrack(next) { this.track = next.track; } };
  }
  async consume({ id, producerId }) {
    const consumer = { id, track: Object.assign(track(producerId), { id: `track of ${producerId}` }), close() { this.closed = true; } };
    this.consumers.push(consumer);
    return consumer;
  }
  async restartIce() {
    this.restarts += 1;
  }
  async getStats() {
    this.looks = (this.looks ?? 0) + 1;
    const heard = this.consumers.flatMap(({ track: { id } }) => [
      [`in ${id}`, { id: `in ${id}`, type: "inbound-rtp", trackIdentifier: id }],
      [`far ${id}`, { id: `far ${id}`, type: "remote-outbound-rtp", localId: `in ${id}` }],
    ]);
    return new Map([...heard, ["pair", { id: "pair", type: "candidate-pair" }]]);
  }
  close() {
    this.closed = true;
  }
}

function server(producers = []) {
  const made = { calls: [], transports: [], tracks: [], states: [], fail: "" };
  let number = 0;
  const request = async (type, fields) => {
    made.calls.push({ type, ...fields });
    if (made.fail === type) throw new Error("no");
    if (type === "join-room") return { rtpCapabilities: {}, producers };
    if (type === "create-transport") return { id: `t${(number += 1)}` };
    if (type === "produce") return { producerId: `mine-${fields.source}` };
    if (type === "consume") return { id: `c-${fields.producerId}`, producerId: fields.producerId, kind: "audio", rtpParameters: {} };
    if (type === "restart-ice") return { iceParameters: {} };
    return {};
  };
  const device = { recvRtpCapabilities: {}, async load() {}, createSendTransport: make, createRecvTransport: make };
  function make(parameters) {
    made.transports.push(new Transport(parameters));
    return made.transports.at(-1);
  }
  made.room = new SfuRoom({
    request, loadDevice: async () => device, roomId: "r", peerId: "me", rtc: {},
    on: { state: (state) => made.states.push(state), track: (peerId, source, heard) => made.tracks.push(`${peerId} ${source} ${heard?.name ?? "ended"}`) },
  });
  made.of = (type) => made.calls.filter((call) => call.type === type);
  return made;
}

describe("a room through the media server", () => {
  const mic = { peerId: "bob", producerId: "bob-mic", kind: "audio", source: "microphone" };
  const camera = { peerId: "bob", producerId: "bob-cam", kind: "video", source: "camera" };

  test("sends what there is, each with its source, the camera in three sizes", async () => {
    const { room, of, transports, states } = server();
    room.tracks.set("microphone", track("mic")).set("camera", track("cam"));
    room.start();
    await settle();
    assert.deepEqual(of("produce").map(({ source }) => source), ["microphone", "camera"]);
    assert.equal(room.sent.get("camera").given.encodings.length, 3);
    assert.equal(room.sent.get("microphone").given.codecOptions.opusFec, true);
    assert.deepEqual([states.at(-1), transports.length], ["working", 1]);
  });

  test("hears everybody, and a listener without a microphone is in too", async () => {
    const { room, tracks, of } = server([mic, camera]);
    room.start();
    await settle();
    room.receive({ type: "new-producer", peerId: "carl", producerId: "carl-mic", kind: "audio" });
    room.receive({ type: "new-producer", peerId: "me", producerId: "own", kind: "audio" });
    await settle();
    assert.deepEqual(tracks, ["bob microphone bob-mic", "bob camera bob-cam", "carl microphone carl-mic"]);
    assert.deepEqual(of("consume").map(({ paused }) => paused ?? false), [false, true, false]);
    assert.equal(room.connected, true);
  });

  test("one look measures all who are heard, each by their own", async () => {
    const { room, transports } = server([mic, { ...mic, peerId: "carl", producerId: "carl-mic" }]);
    room.start();
    await settle();
    const [bob, carl] = await Promise.all([room.stats("bob"), room.stats("carl")]);
    assert.deepEqual(bob.map(({ id }) => id), ["in track of bob-mic", "far track of bob-mic", "pair"]);
    assert.deepEqual(carl.map(({ id }) => id), ["in track of carl-mic", "far track of carl-mic", "pair"]);
    assert.equal(transports[1].looks, 1);
    mock.timers.tick(400);
    await room.stats("bob");
    assert.equal(transports[1].looks, 2);
    assert.deepEqual(await room.stats("nobody"), []);
  });

  test("a picture out of sight is not sent, and none larger than its tile", async () => {
    const { room, of } = server([camera]);
    room.watch("bob", "camera", { visible: false, width: 0, height: 0 });
    room.start();
    await settle();
    assert.equal(of("resume-consumer").length, 0);
    for (const width of [300, 301, 310]) room.watch("bob", "camera", { visible: true, width, height: 200 });
    await settle();
    assert.equal(of("resume-consumer").length, 1);
    assert.deepEqual(of("set-consumer-size").map(({ width, height }) => `${width}x${height}`), ["320x240"]);
    room.watch("bob", "camera", { visible: false, width: 0, height: 0 });
    await settle();
    assert.equal(of("pause-consumer")[0].consumerId, "c-bob-cam");
  });

  test("what ends is told, ours and theirs", async () => {
    const { room, of, tracks } = server([camera]);
    room.tracks.set("camera", track("cam"));
    room.start();
    await settle();
    await room.setTrack("camera", track("cam 2"));
    assert.equal(room.sent.get("camera").track.name, "cam 2");
    await room.setTrack("camera", null);
    assert.equal(of("close-producer")[0].producerId, "mine-camera");
    room.receive({ type: "producer-closed", peerId: "bob", producerId: "bob-cam" });
    assert.equal(tracks.at(-1), "bob camera ended");
  });

  test("muted means that nothing is sent, also after coming back", async () => {
    const { room, of } = server();
    room.tracks.set("microphone", track("mic"));
    room.start();
    await settle();
    await room.mute(true);
    assert.equal(of("pause-producer").length, 1);
    void room.rejoin();
    await settle();
    assert.equal(of("pause-producer").length, 2);
    await room.mute(false);
    assert.equal(of("resume-producer").length, 1);
  });

  test("the media server gone is joined again by itself", async () => {
    const { room, of, states } = server([mic]);
    room.start();
    await settle();
    room.receive({ type: "media-lost" });
    assert.equal(states.at(-1), "lost");
    mock.timers.tick(1000);
    await settle();
    assert.equal(of("join-room").length, 2);
    assert.equal(states.at(-1), "working");
  });

  test("a join under way is not begun anew, one that hangs is", async () => {
    const { room, of } = server();
    room.loadDevice = () => new Promise(() => undefined);
    room.start();
    await settle();
    void room.renew();
    mock.timers.tick(11_000);
    void room.renew();
    assert.equal(of("join-room").length, 1);
    mock.timers.tick(2_000);
    void room.renew();
    assert.equal(of("join-room").length, 2);
  });

  test("another network restarts ICE on both transports", async () => {
    const { room, of, transports } = server([mic]);
    room.tracks.set("microphone", track("mic"));
    room.start();
    await settle();
    await room.restartIce();
    assert.deepEqual([of("restart-ice").length, transports.map(({ restarts }) => restarts)], [2, [1, 1]]);
  });
});
