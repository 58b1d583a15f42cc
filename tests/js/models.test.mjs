import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CallModel } from "../../static/js/models/call-model.js";
import { CaptionLog, pieces } from "../../static/js/models/captions.js";
import { DeskModel } from "../../static/js/models/desk-model.js";
import { QualityMeter } from "../../static/js/models/quality.js";
import { avatar, clock, fill, maskContact } from "../../static/js/helpers/text.js";

const caption = (id, startMs, more = {}) => ({ utteranceId: id, peerId: "c", role: "customer", text: id, masks: [], startMs, endMs: startMs + 1000, source: "live", ...more });

describe("captions", () => {
  test("stand in the order of time, whenever they come", () => {
    const log = new CaptionLog();
    for (const [id, at] of [["b", 2000], ["a", 0], ["c", 4000]]) log.add(caption(id, at));
    assert.deepEqual(log.entries.map((entry) => entry.utteranceId), ["a", "b", "c"]);
  });

  test("a late one says before which it stands", () => {
    const log = new CaptionLog();
    log.add(caption("b", 2000));
    assert.equal(log.add(caption("a", 0)).before.utteranceId, "b");
    assert.equal(log.add(caption("c", 9000)).before, null);
  });

  test("told twice is shown once", () => {
    const log = new CaptionLog();
    log.add(caption("a", 0));
    assert.equal(log.add(caption("a", 0)), null);
  });

  test("told again with more masks it takes its own place", () => {
    const log = new CaptionLog();
    for (const [id, at] of [["a", 0], ["b", 2000]]) log.add(caption(id, at));
    const change = log.add(caption("a", 0, { text: "[CARD]" }));
    assert.deepEqual(change.removed.map((entry) => entry.text), ["a"]);
    assert.equal(change.before.utteranceId, "b");
    assert.deepEqual(log.entries.map((entry) => entry.text), ["[CARD]", "b"]);
  });

  test("a better hearing replaces the live one of the same side, and is not undone", () => {
    const log = new CaptionLog();
    log.add(caption("live", 0));
    log.add(caption("other side", 0, { peerId: "a" }));
    const change = log.add(caption("better", 100, { source: "offline" }));
    assert.deepEqual(change.removed.map((entry) => entry.utteranceId), ["live"]);
    assert.equal(log.add(caption("late live", 200)), null);
    assert.deepEqual(log.entries.map((entry) => entry.utteranceId), ["other side", "better"]);
  });

  test("a masked piece has no text of its own", () => {
    const parts = pieces("아니 ●●● 그 사진", [{ start: 3, end: 6, kind: "profanity", severity: 2 }]);
    assert.deepEqual(parts, [{ text: "아니 ", masked: false }, { text: "", masked: true, kind: "profanity" }, { text: " 그 사진", masked: false }]);
  });

  test("places are counted in characters, not in halves of them", () => {
    const parts = pieces("😀 ●●●!", [{ start: 2, end: 5 }]);
    assert.deepEqual(parts.map(({ text }) => text), ["😀 ", "", "!"]);
  });

  test("masks that overlap or leave the text are not believed", () => {
    const parts = pieces("●●●", [{ start: 0, end: 3, kind: "profanity" }, { start: 1, end: 2 }, { start: 2, end: 99 }]);
    assert.deepEqual(parts, [{ text: "", masked: true, kind: "profanity" }]);
  });
});

const snapshot = (more = {}) => ({ status: "RINGING", reason: "", agent: null, mediaPath: "direct", queue: { position: 2, estimateSeconds: 200, agentsOnDuty: 1 }, ...more });
const joined = (more = {}) => ({ type: "joined", callId: "k", peerId: "me", role: "customer", seq: 1, call: snapshot(), participants: [], events: [], captions: { available: true, reason: "" }, ...more });
const agent = { peerId: "a", role: "agent", name: "김서연" };

describe("a call", () => {
  test("goes on where the snapshot ends", () => {
    const model = new CallModel("customer");
    model.join(joined());
    assert.equal(model.apply({ type: "call-state", callId: "k", seq: 1, status: "FAILED" }), false);
    assert.equal(model.status, "RINGING");
    model.apply({ type: "peer-joined", callId: "k", seq: 2, ...agent });
    model.apply({ type: "call-state", callId: "k", seq: 3, status: "CONNECTING", agent: { name: "김서연", department: "" } });
    assert.equal(model.talking, true);
    assert.equal(model.other.peerId, "a");
    assert.equal(model.queue, null);
  });

  test("missed events never undo the newer snapshot, and their captions are shown", () => {
    const model = new CallModel("customer");
    const events = [{ type: "call-state", seq: 1, status: "RINGING" }, { type: "caption", seq: 2, text: "네" }];
    const shown = model.join(joined({ seq: 5, call: snapshot({ status: "IN_PROGRESS", queue: null }), events }));
    assert.equal(model.status, "IN_PROGRESS");
    assert.deepEqual(shown.map(({ seq }) => seq), [2]);
  });

  test("joining again shows nothing twice", () => {
    const model = new CallModel("customer");
    const events = [{ type: "caption", seq: 2, text: "네" }];
    model.join(joined({ seq: 2, events }));
    assert.deepEqual(model.join(joined({ seq: 2, events })), []);
  });

  test("another call's messages are not ours", () => {
    const model = new CallModel("agent");
    model.join(joined());
    assert.equal(model.apply({ type: "call-state", callId: "other", seq: 9, status: "ENDED" }), false);
    assert.equal(model.over, false);
  });

  test("knows that the other side is away and back", () => {
    const model = new CallModel("customer");
    model.join(joined({ participants: [{ ...agent, connected: true }] }));
    model.apply({ type: "peer-disconnected", callId: "k", peerId: "a" });
    assert.equal(model.other.connected, false);
    model.apply({ type: "peer-reconnected", callId: "k", peerId: "a" });
    assert.equal(model.other.connected, true);
  });

  test("names every agent, and says who spoke once there are two", () => {
    const model = new CallModel("customer");
    model.join(joined({ participants: [{ ...agent, connected: true }] }));
    assert.equal(model.agentNames, "김서연");
    assert.equal(model.agentName("a"), "");
    model.apply({ type: "peer-joined", callId: "k", seq: 2, peerId: "d", role: "agent", name: "이하늘" });
    assert.equal(model.agentNames, "김서연, 이하늘");
    model.apply({ type: "peer-left", callId: "k", seq: 3, peerId: "a" });
    assert.equal(model.agentNames, "이하늘");
    assert.equal(model.agentName("a"), "김서연");
    assert.equal(model.holder.peerId, "d");
  });

  test("listeners come and go, and whoever is not told reads an empty list", () => {
    const model = new CallModel("agent");
    model.join(joined({ peerId: "a", participants: [agent] }));
    model.apply({ type: "listening", callId: "k", seq: 2, listeners: [{ peerId: "b", name: "박도현" }] });
    assert.deepEqual(model.listeners.map(({ name }) => name), ["박도현"]);
    assert.equal(model.other, null);
    model.apply({ type: "listening", callId: "k", seq: 3, listeners: [] });
    assert.deepEqual(model.listeners, []);
    assert.equal(model.parties.size, 1);
  });

  test("a type that nobody knows changes nothing", () => {
    const model = new CallModel("customer");
    model.join(joined());
    assert.equal(model.apply({ type: "constructor", callId: "k", seq: 2 }), true);
    assert.equal(model.status, "RINGING");
  });
});

describe("a desk", () => {
  const offer = { offerId: "o", secondsLeft: 20 };
  const open = { state: "available", since: 1, onCall: null, offer: null, waiting: [], colleagues: [] };

  test("rings until the offer ends, by our own clock", () => {
    const model = new DeskModel();
    model.open(open, 1000);
    model.apply({ type: "offer-ringing", offer }, 5000);
    assert.equal(model.activity, "ring");
    assert.equal(model.offerDeadline, 25_000);
    assert.equal(model.apply({ type: "offer-ended", offerId: "another" }, 0), false);
    assert.equal(model.apply({ type: "offer-ended", offerId: "o" }, 0), true);
    assert.equal(model.activity, "available");
  });

  test("a call counts more than what the agent said", () => {
    const model = new DeskModel();
    model.open({ ...open, offer }, 0);
    model.apply({ type: "desk-state", state: "away", since: 2, onCall: "k" }, 0);
    assert.equal(model.activity, "talk");
  });
});

describe("quality", () => {
  const rows = (packets, lost, rtt = 0.05) => [
    { type: "inbound-rtp", kind: "audio", packetsReceived: packets, packetsLost: lost },
    { type: "candidate-pair", state: "succeeded", nominated: true, currentRoundTripTime: rtt },
  ];

  test("is judged by what came since the last look", () => {
    const meter = new QualityMeter();
    assert.equal(meter.look(rows(100, 0)).level, 4);
    assert.equal(meter.look(rows(196, 4)).level, 3);
    assert.equal(meter.look(rows(286, 14)).level, 2);
    assert.equal(meter.look(rows(306, 94)).word, "poor");
  });

  test("nothing received is lost, and a new path counts from zero", () => {
    const meter = new QualityMeter();
    meter.look(rows(100, 0));
    assert.equal(meter.look(rows(100, 0)).word, "lost");
    assert.equal(meter.look(rows(40, 0)).level, 4);
  });

  test("far away is worse than near", () => {
    assert.equal(new QualityMeter().look(rows(100, 0, 0.3)).level, 3);
    assert.equal(new QualityMeter().look(rows(100, 0, 2)).level, 1);
  });
});

describe("words", () => {
  test("times", () => assert.deepEqual([clock(0), clock(252_999), clock(3_852_000), clock(-5)], ["00:00", "04:12", "1:04:12", "00:00"]));
  test("names in a circle", () => assert.deepEqual([avatar("김서연"), avatar("남궁민수"), avatar("Amy Tran"), avatar("")], ["서연", "민수", "Amy", ""]));
  test("values in a sentence", () => assert.equal(fill("{count} of {other}", { count: 2 }), "2 of {other}"));
  test("a number is recognised, not told", () => {
    assert.equal(maskContact("010-1234-2210"), "010-••••-2210");
    assert.equal(maskContact("12342210"), "••••-2210");
    assert.equal(maskContact("amy@example.org"), "a•••@example.org");
  });
});
