import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { Chat } from "../../static/js/models/chat.js";
import { DirectFiles } from "../../static/js/models/direct-files.js";
import { MOST_BYTES as MOST_DIRECT, PIECE } from "../../static/js/models/direct-limits.js";
import { DirectPeer } from "../../static/js/models/direct-peer.js";
import { FileChoices } from "../../static/js/models/file-choices.js";
import { MOST_BYTES as MOST_OFFICE } from "../../static/js/models/file-transfer.js";
import { sha256, Sha256 } from "../../static/js/models/sha256.js";
import { FakeConnection, settle } from "./fakes.mjs";

globalThis.MediaStream ??= class {};

const hex = (data) => createHash("sha256").update(data).digest("hex");
const refusal = (code) => Object.assign(new Error(code), { code });

/** One end of a data channel. What is sent waits in `buffer` until the test lets it flow. */
class FakeChannel extends EventTarget {
  readyState = "connecting";
  bufferedAmountLowThreshold = 0;
  buffer = [];
  most = 0;
  sent = 0;
  other = null;
  get bufferedAmount() {
    return this.buffer.reduce((sum, data) => sum + (data.byteLength ?? data.length), 0);
  }
  open() {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }
  send(data) {
    if (this.readyState !== "open") throw new Error("InvalidStateError");
    this.buffer.push(typeof data === "string" ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    this.sent += data.length;
    this.most = Math.max(this.most, this.bufferedAmount);
  }
  flow(count = this.buffer.length) {
    for (const data of this.buffer.splice(0, count)) this.other?.dispatchEvent(new MessageEvent("message", { data }));
    if (this.bufferedAmount <= this.bufferedAmountLowThreshold) this.dispatchEvent(new Event("bufferedamountlow"));
  }
  shut() {
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
  }
}

function pair() {
  const [mine, theirs] = [new FakeChannel(), new FakeChannel()];
  mine.other = theirs;
  theirs.other = mine;
  return [mine, theirs];
}

/** Two pages in a call and the server between them: cara's and alice's. */
function scene() {
  const server = { messages: [], marks: [], told: [], down: "", head: null };
  const pages = {};
  const page = (name, me, other) => {
    const progress = [];
    const request = async (type, fields) => {
      if (server.down) throw refusal(server.down);
      if (type === "read-chat") return { messages: server.messages.filter(({ seq }) => seq > fields.since) };
      if (type === "offer-file") {
        server.told.push(fields);
        const { clientId, name: file, size, sha256: hash, head } = fields;
        const direct = { name: file, contentType: "text/plain", size, sha256: hash, headSha256: server.head ?? hex(Buffer.from(head, "base64")), state: "offered" };
        const message = { id: clientId, seq: server.messages.length + 1, author: { id: me, name }, text: "", masks: [], attachment: null, direct, at: 1, clientId };
        server.messages.push(message);
        pages[other].chat.receive({ type: "message-received", message: structuredClone(message) });
        return { message: structuredClone(message) };
      }
      if (type !== "mark-file") return {};
      const { direct } = server.messages[fields.seq - 1];
      server.marks.push(`${name} ${fields.mark}`);
      if (["offered", "accepted"].includes(direct.state)) {
        direct.state = fields.mark;
        pages[other].chat.receive({ type: "file-marked", seq: fields.seq, state: fields.mark });
      }
      return { state: direct.state };
    };
    const made = { progress, allowed: true };
    const changed = () => made.direct.review(made.chat.list);
    made.chat = new Chat({ request, changed });
    made.direct = new DirectFiles({ request, allowed: () => made.allowed, learn: (message) => made.chat.receive(message), changed, progressed: ({ share }) => progress.push(share) });
    made.chat.me = me;
    made.entry = () => made.chat.list.at(-1);
    made.state = () => made.entry()?.direct?.state;
    made.transfer = () => made.direct.transferOf(made.entry());
    pages[name] = made;
    return made;
  };
  const [cara, alice] = [page("cara", "party:1", "alice"), page("alice", "user:1", "cara")];
  return { server, cara, alice };
}

function connect({ cara, alice }) {
  const [mine, theirs] = pair();
  cara.direct.use(mine);
  alice.direct.use(theirs);
  for (const channel of [mine, theirs]) channel.open();
  for (const channel of [mine, theirs, mine, theirs]) channel.flow();
  return [mine, theirs];
}

const everything = async (channel) => {
  for (let turn = 0; turn < 200; turn += 1) {
    channel.flow();
    await settle();
  }
};
const aFile = (bytes, name = "a.txt") => new File([bytes], name);
const reading = () => true;

/** A frame as a page sends it, or as none would. */
function frame(seq, index, bytes) {
  const data = new Uint8Array(8 + bytes.length);
  new DataView(data.buffer).setUint32(0, seq);
  new DataView(data.buffer).setUint32(4, index);
  data.set(bytes, 8);
  return data.buffer;
}

/** alice has accepted a file that cara's page has offered; the test sends its bytes. */
async function accepted(bytes, head = null) {
  const all = scene();
  all.server.head = head;
  const channels = connect(all);
  await all.cara.direct.offer(aFile(bytes), reading);
  all.cara.transfer().file = aFile(new Uint8Array(0)); // cara's own page keeps still
  await all.alice.direct.accept(all.alice.entry());
  await settle();
  const say = (...frames) => frames.forEach((data) => channels[1].dispatchEvent(new MessageEvent("message", { data })));
  return { ...all, channels, say };
}

describe("the hash", () => {
  test("is SHA-256, however the bytes come", () => {
    for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
      const data = randomBytes(size);
      assert.equal(sha256(data), hex(data), String(size));
      const pieces = new Sha256();
      for (let at = 0; at < size; at += 7) pieces.update(data.subarray(at, at + 7));
      assert.equal(pieces.digest(), hex(data), `${size} by sevens`);
    }
  });
});

describe("a file that goes from device to device", () => {
  test("is told of, accepted, sent with progress, checked and there", async () => {
    const all = scene();
    const { cara, alice, server } = all;
    const [mine] = connect(all);
    const bytes = randomBytes(5 * PIECE + 77);
    await cara.direct.offer(aFile(bytes), reading);
    assert.deepEqual([server.told[0].size, server.told[0].sha256, server.told[0].head], [bytes.length, hex(bytes), bytes.subarray(0, 512).toString("base64")]);
    await settle();
    assert.equal(mine.bufferedAmount, 0, "nothing flows before the yes");
    await alice.direct.accept(alice.entry());
    await everything(mine);
    assert.deepEqual([cara.state(), alice.state(), cara.transfer().file], ["arrived", "arrived", null]);
    assert.deepEqual(Buffer.from(await alice.transfer().blob.arrayBuffer()), bytes);
    assert.equal(alice.transfer().blob.type, "application/octet-stream");
    assert.ok(alice.progress.length >= 5 && alice.progress.at(-1) === 1 && cara.progress.at(-1) === 1);
    assert.deepEqual(server.marks, ["alice accepted", "alice arrived"]);
  });

  test("leaves no faster than the channel takes it", async () => {
    const all = scene();
    const [mine] = connect(all);
    await all.cara.direct.offer(aFile(randomBytes(4_000_000)), reading);
    await all.alice.direct.accept(all.alice.entry());
    for (let turn = 0; turn < 50; turn += 1) await settle();
    const waits = mine.bufferedAmount;
    assert.ok(waits > 1_000_000 && waits < 1_100_000, String(waits));
    mine.flow(10);
    for (let turn = 0; turn < 20; turn += 1) await settle();
    assert.ok(mine.bufferedAmount < waits, "it goes on only when there is little left");
    await everything(mine);
    assert.equal(all.alice.state(), "arrived");
    assert.ok(mine.most < 1_100_000, String(mine.most));
  });

  test("that is declined is not sent", async () => {
    const all = scene();
    const [mine] = connect(all);
    await all.cara.direct.offer(aFile(randomBytes(1000)), reading);
    await all.alice.direct.decline(all.alice.entry());
    await settle();
    assert.deepEqual([all.cara.state(), mine.bufferedAmount], ["declined", 0]);
  });

  for (const who of ["cara", "alice"]) {
    test(`stops where ${who} stops it, and the next one goes`, async () => {
      const all = scene();
      const [mine] = connect(all);
      await all.cara.direct.offer(aFile(randomBytes(3_000_000)), reading);
      await all.alice.direct.accept(all.alice.entry());
      await settle();
      mine.flow(3);
      all[who].direct.stop(all[who].entry());
      await everything(mine);
      assert.deepEqual([all.cara.state(), all.alice.state(), all.alice.transfer().blob], ["failed", "failed", null]);
      assert.ok(all.cara.transfer().file, "it can still go by the server");
      assert.ok(mine.sent < 2_000_000, String(mine.sent));
      await all.cara.direct.offer(aFile(randomBytes(100)), reading);
      await all.alice.direct.accept(all.alice.entry());
      await everything(mine);
      assert.equal(all.alice.state(), "arrived");
    });
  }

  test("did not arrive when the connection goes, on both pages", async () => {
    const all = scene();
    const [mine, theirs] = connect(all);
    await all.cara.direct.offer(aFile(randomBytes(3_000_000)), reading);
    await all.alice.direct.accept(all.alice.entry());
    await settle();
    theirs.shut();
    assert.equal(all.alice.transfer().state, "failed");
    await settle();
    assert.equal(all.cara.state(), "failed");
    mine.shut();
    await settle();
    assert.deepEqual([all.cara.direct.possible, all.server.marks.filter((mark) => mark.endsWith("failed")).length], [false, 1]);
  });

  test("waits for nobody after a page was loaded again", async () => {
    const { cara, alice, server } = scene();
    const message = { id: "m", seq: 1, author: { id: "user:1", name: "alice" }, text: "", masks: [], attachment: null, at: 1, clientId: "c", direct: { name: "a", contentType: "text/plain", size: 1, sha256: "", headSha256: "", state: "offered" } };
    server.messages.push(message);
    cara.chat.open({ me: "party:1", messages: [structuredClone(message)], lastSeq: 1 });
    await settle();
    assert.deepEqual([server.marks, cara.state()], [["cara failed"], "failed"]);
    void alice;
  });

  test("whose yes was told while we were away goes when we are back", async () => {
    const all = scene();
    const [mine] = connect(all);
    await all.cara.direct.offer(aFile(randomBytes(100)), reading);
    const hear = all.cara.chat.receive.bind(all.cara.chat);
    all.cara.chat.receive = (message) => message.type === "file-marked" || hear(message);
    await all.alice.direct.accept(all.alice.entry());
    assert.equal(all.cara.state(), "offered");
    all.cara.chat.receive = hear;
    await all.cara.chat.refresh();
    await everything(mine);
    assert.equal(all.cara.state(), "arrived");
  });

  test("is possible only when the other page has said hello, and in a direct call", () => {
    const all = scene();
    const [mine, theirs] = pair();
    all.cara.direct.use(mine);
    mine.open();
    mine.flow(); // nobody there yet
    assert.equal(all.cara.direct.possible, false);
    all.alice.direct.use(theirs);
    theirs.open();
    theirs.flow();
    mine.flow();
    assert.deepEqual([all.cara.direct.possible, all.alice.direct.possible], [true, true]);
    all.cara.allowed = false;
    assert.equal(all.cara.direct.possible, false);
  });
});

describe("from a page that does as it likes", () => {
  const bytes = randomBytes(2 * PIECE + 100);
  const pieces = [0, 1, 2].map((index) => bytes.subarray(index * PIECE, (index + 1) * PIECE));
  const whole = pieces.map((piece, index) => frame(1, index, piece));

  test("the right pieces are a file", async () => {
    const { alice, say } = await accepted(bytes);
    say(...whole);
    assert.equal(alice.transfer().state, "arrived");
  });

  const wrongs = {
    "more than was announced": [...whole.slice(0, 2), frame(1, 2, randomBytes(PIECE))],
    "pieces out of order": [whole[0], whole[2]],
    "the same piece twice": [whole[0], whole[0]],
    "a piece that is too short": [frame(1, 0, pieces[0].subarray(0, 600))],
    "a piece that is too large": [frame(1, 0, randomBytes(10 * PIECE))],
    "other bytes at the end": [...whole.slice(0, 2), frame(1, 2, randomBytes(100))],
    "another beginning": [frame(1, 0, randomBytes(PIECE))],
  };
  for (const [what, frames] of Object.entries(wrongs)) {
    test(`${what}: the file is over, nothing is held, the channel goes on`, async () => {
      const { alice, cara, say, server, channels } = await accepted(bytes);
      say(...frames);
      assert.deepEqual([alice.transfer().state, alice.transfer().incoming, alice.transfer().blob], ["failed", null, null]);
      say(...whole);
      await settle();
      assert.deepEqual([alice.state(), cara.state(), server.marks.at(-1)], ["failed", "failed", "alice failed"]);
      await cara.direct.offer(aFile(bytes), reading);
      await alice.direct.accept(alice.entry());
      await everything(channels[0]);
      assert.equal(alice.state(), "arrived");
    });
  }

  test("a beginning that the server has not judged is not taken, though the hash of the whole is right", async () => {
    const { alice, say } = await accepted(bytes, hex(randomBytes(512)));
    say(whole[0]);
    assert.equal(alice.transfer().state, "failed");
  });

  test("files that nobody knows, bare headers and texts mean nothing", async () => {
    const { alice, say } = await accepted(bytes);
    say("x".repeat(100_000), new ArrayBuffer(3), frame(99, 0, pieces[0]), frame(0, 0, pieces[0]), "hello");
    say(...whole);
    assert.equal(alice.transfer().state, "arrived");
  });

  test("bytes before our yes are dropped", async () => {
    const all = scene();
    const [, theirs] = connect(all);
    await all.cara.direct.offer(aFile(bytes), reading);
    for (const data of whole) theirs.dispatchEvent(new MessageEvent("message", { data }));
    assert.deepEqual([all.alice.transfer().incoming, all.alice.transfer().state], [null, "offered"]);
  });
});

describe("the choice of the way", () => {
  const choices = (possible, offer = async () => undefined) => {
    const sent = [];
    const made = new FileChoices({ direct: { possible, offer }, office: (files) => sent.push(...files.map(({ name }) => name)), changed: () => undefined });
    return { made, sent, states: () => [...made.choices.values()].map(({ state, reason }) => reason ?? state) };
  };
  const sized = (size, name = "a") => Object.defineProperty(new File(["x"], name), "size", { value: size });

  test("is not asked where there is one way only", () => {
    const { made, sent, states } = choices(false);
    made.add([sized(1)]);
    assert.deepEqual([sent, states()], [["a"], []]);
  });

  test("over 40 MB there is the direct way only, over 200 MB none", () => {
    const { made, states } = choices(true);
    made.add([sized(MOST_OFFICE), sized(MOST_OFFICE + 1), sized(MOST_DIRECT + 1), sized(0)]);
    assert.deepEqual(states(), ["choosing", "choosing", "too_large", "empty"]);
    assert.deepEqual([...made.choices.values()].map(({ file }) => made.fitsOffice(file)), [true, false, false, true]);
  });

  test("a refusal stays with its reason, and the office is still there", async () => {
    const { made, sent, states } = choices(true, async () => Promise.reject(refusal("type_refused")));
    made.add([sized(1)]);
    await made.direct("choice-1");
    assert.deepEqual(states(), ["type_refused"]);
    made.office("choice-1");
    assert.deepEqual([sent, states()], [["a"], []]);
  });

  test("the direct way is gone when the channel is; the office remains", async () => {
    const all = scene();
    const [mine] = connect(all);
    const sent = [];
    const made = new FileChoices({ direct: all.cara.direct, office: (files) => sent.push(...files), changed: () => undefined });
    made.add([aFile(randomBytes(10))]);
    mine.shut();
    await made.direct("choice-1");
    assert.deepEqual([made.choices.get("choice-1").reason, all.server.told], ["gone", []]);
    made.office("choice-1");
    assert.equal(sent.length, 1);
  });

  test("who takes it back while it is read has offered nothing", async () => {
    const all = scene();
    connect(all);
    const made = new FileChoices({ direct: all.cara.direct, office: () => undefined, changed: () => undefined });
    made.add([aFile(randomBytes(900_000))]);
    const offering = made.direct("choice-1");
    made.drop("choice-1");
    await offering;
    assert.deepEqual(all.server.told, []);
  });
});

describe("the data channel", () => {
  const peer = (files) => {
    const [channels, made] = [[], []];
    class Connection extends FakeConnection {
      createDataChannel(label, options) {
        made.push(`${label} ${options.id} ${options.negotiated}`);
        return this;
      }
    }
    const on = { signal() {}, track() {}, state() {}, negotiated() {}, channel: (channel) => channels.push(channel) };
    const direct = new DirectPeer({ rtc: {}, polite: true, files, on, create: () => new Connection() });
    direct.start(Object.assign(new EventTarget(), { kind: "audio" }), true);
    return { direct, channels, made };
  };

  test("is one of each connection, and goes with the last", () => {
    const { direct, channels, made } = peer(true);
    direct.begin(direct.connection);
    assert.deepEqual([made, channels], [["files 1 true"], [direct.connection]]);
    direct.renew();
    assert.deepEqual([made.length, channels.at(-1)], [2, direct.connection]);
    direct.close();
    assert.equal(channels.at(-1), null);
  });

  test("is not made where the call does not let files go directly", () => {
    assert.deepEqual(peer(false).made, []);
  });
});
