import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { RoomMedia } from "../../static/js/models/room-media.js";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
});

const track = (name) => ({ name });

/** A path of which the test says when it stands and what it brings. */
class FakePath {
  constructor(on) {
    this.on = on;
    this.connected = false;
    this.tracks = new Map();
    this.met = [];
    this.delivered = new Set();
  }
  delivers(peerId, source) {
    return this.delivered.has(`${peerId} ${source}`);
  }
  setTrack(source, given) {
    this.tracks.set(source, given);
  }
  meet(peers) {
    this.met = [...peers];
  }
  leave() {}
  start() {
    this.started = true;
  }
  close() {
    this.closed = true;
  }
  stop() {
    this.closed = true;
  }
  receive() {
    return true;
  }
  become(connected) {
    this.connected = connected;
    this.on.state();
  }
}

function media() {
  const made = { heard: [], states: [], paths: {} };
  made.media = new RoomMedia({
    peerId: "me",
    mesh: (on) => (made.paths.mesh = new FakePath(on)),
    sfu: (on) => (made.paths.sfu = new FakePath(on)),
    signal: () => undefined,
    on: { track: (peerId, source, given) => made.heard.push(`${peerId} ${source} ${given?.name ?? "ended"}`), state: (well, plan) => made.states.push(`${plan} ${well}`) },
  });
  return made;
}

describe("the change from everyone-to-everyone to the media server", () => {
  const talking = () => {
    const made = media();
    made.media.setTrack("microphone", track("mine"));
    made.media.begin("mesh", ["bob"]);
    made.paths.mesh.on.track("bob", "microphone", track("bob by mesh"));
    made.paths.mesh.become(true);
    made.media.follow("sfu");
    return made;
  };

  test("opens the new path with all that we send, and keeps the old one", () => {
    const { paths } = talking();
    assert.equal(paths.sfu.started, true);
    assert.equal(paths.sfu.tracks.get("microphone").name, "mine");
    assert.equal(paths.mesh.closed, undefined);
  });

  test("a sound changes over when it is heard the new way, not when its track is there", () => {
    const { paths, heard } = talking();
    paths.sfu.on.track("bob", "microphone", track("bob by sfu"));
    mock.timers.tick(1_000);
    assert.deepEqual(heard, ["bob microphone bob by mesh"]);
    paths.sfu.delivered.add("bob microphone");
    mock.timers.tick(100);
    assert.deepEqual(heard, ["bob microphone bob by mesh", "bob microphone bob by sfu"]);
  });

  test("a silent one changes over when the old path goes", () => {
    const { paths, heard } = talking();
    paths.sfu.become(true);
    paths.sfu.on.track("bob", "microphone", track("bob by sfu"));
    mock.timers.tick(25_000);
    assert.equal(paths.mesh.closed, true);
    assert.equal(heard.at(-1), "bob microphone bob by sfu");
  });

  test("the old path goes only when every voice comes the new way", () => {
    const { paths } = talking();
    paths.sfu.become(true);
    mock.timers.tick(10_000);
    assert.equal(paths.mesh.closed, undefined);
    paths.sfu.on.track("bob", "microphone", track("bob by sfu"));
    paths.sfu.delivered.add("bob microphone");
    mock.timers.tick(5_000);
    assert.equal(paths.mesh.closed, true);
  });

  test("the old path stays while the new one does not stand", () => {
    const { paths, states } = talking();
    mock.timers.tick(60_000);
    assert.equal(paths.mesh.closed, undefined);
    assert.equal(states.at(-1), "sfu false");
  });

  test("what the old path ends is not taken from the new one", () => {
    const { paths, heard } = talking();
    paths.sfu.on.track("bob", "microphone", track("bob by sfu"));
    paths.sfu.delivered.add("bob microphone");
    mock.timers.tick(100);
    paths.mesh.on.track("bob", "microphone", null);
    assert.equal(heard.at(-1), "bob microphone bob by sfu");
  });

  test("and back again", () => {
    const { media: room, paths } = talking();
    paths.sfu.become(true);
    paths.sfu.on.track("bob", "microphone", track("bob by sfu"));
    paths.sfu.delivered.add("bob microphone");
    mock.timers.tick(5_000);
    room.follow("mesh");
    assert.deepEqual(paths.mesh.met, ["bob"]);
    assert.equal(paths.mesh.tracks.get("microphone").name, "mine");
  });
});
