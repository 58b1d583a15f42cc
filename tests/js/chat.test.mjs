import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Chat } from "../../static/js/models/chat.js";
import { FileTransfer, MOST_BYTES, sizeText } from "../../static/js/models/file-transfer.js";
import { settle } from "./fakes.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

const refusal = (code) => Object.assign(new Error(code), { code });

/** A server that numbers messages, once per author and client id. */
function scene({ me = "user:1" } = {}) {
  const server = { seq: 0, stored: [], calls: [], down: "", swallow: false };
  server.store = (author, clientId, text) => {
    const known = server.stored.find((message) => message.author.id === author && message.clientId === clientId);
    if (known) return known;
    const message = { id: `m${(server.seq += 1)}`, seq: server.seq, author: { id: author, name: author }, text, masks: [], attachment: null, at: server.seq, clientId };
    server.stored.push(message);
    return message;
  };
  const now = { value: 0 };
  const chat = new Chat({
    changed: () => undefined,
    now: () => now.value,
    makeId: () => `c${server.calls.length}`,
    request: async (type, fields) => {
      server.calls.push({ type, ...fields });
      if (server.down) throw refusal(server.down);
      if (type === "send-message") {
        const message = server.store(me, fields.clientId, fields.text ?? "");
        if (server.swallow) throw refusal("offline"); // stored, and the answer is lost
        return { message };
      }
      if (type === "read-chat") return { messages: server.stored.filter(({ seq }) => (fields.before ? seq < fields.before : seq > fields.since)) };
      return {};
    },
  });
  const snapshot = () => ({ me, messages: server.stored.slice(-50), lastSeq: server.seq, readMarks: [], unread: 0 });
  return { chat, server, now, snapshot, texts: () => chat.list.map(({ text, state }) => `${text} ${state}`) };
}

describe("written words", () => {
  test("are pending, then sent", async () => {
    const { chat, snapshot, texts } = scene();
    chat.open(snapshot());
    chat.write("  안녕하세요 ");
    assert.deepEqual(texts(), ["안녕하세요 pending"]);
    await settle();
    assert.deepEqual(texts(), ["안녕하세요 sent"]);
  });

  test("of an answer that was lost are there once", async () => {
    const { chat, server, snapshot, texts } = scene();
    chat.open(snapshot());
    server.swallow = true;
    chat.write("hello");
    await settle();
    assert.deepEqual(texts(), ["hello pending"]);
    server.swallow = false;
    chat.open(snapshot());
    await settle();
    assert.deepEqual(texts(), ["hello sent"]);
    assert.equal(server.stored.length, 1);
  });

  test("written offline go when the socket is back", async () => {
    const { chat, server, snapshot, texts } = scene();
    chat.open(snapshot());
    server.down = "offline";
    chat.write("one");
    chat.write("two");
    await settle();
    server.down = "";
    chat.open(snapshot());
    await settle();
    assert.deepEqual(texts(), ["one sent", "two sent"]);
  });

  test("that were refused stay with their reason until the person tries again", async () => {
    const { chat, server, snapshot, texts } = scene();
    chat.open(snapshot());
    server.down = "forbidden";
    chat.write("hello");
    await settle();
    assert.deepEqual(texts(), ["hello failed"]);
    assert.equal(chat.list[0].reason, "forbidden");
    server.down = "";
    chat.retry(chat.list[0].clientId);
    await settle();
    assert.deepEqual(texts(), ["hello sent"]);
  });

  test("told twice are there once; another's of the same client id is another", () => {
    const { chat, server, snapshot } = scene();
    chat.open(snapshot());
    const message = server.store("user:2", "same", "hi");
    chat.receive({ type: "message-received", message });
    chat.receive({ type: "message-received", message });
    chat.receive({ type: "message-received", message: server.store("user:3", "same", "ho") });
    assert.deepEqual(chat.list.map(({ text }) => text), ["hi", "ho"]);
  });

  test("that went missing are asked for", async () => {
    const { chat, server, snapshot } = scene();
    server.store("user:2", "a", "one");
    chat.open(snapshot());
    server.store("user:2", "b", "two");
    chat.receive({ type: "message-received", message: server.store("user:2", "c", "three") });
    assert.equal(chat.since, 1);
    mock.timers.tick(2000);
    await settle();
    assert.deepEqual(chat.list.map(({ text }) => text), ["one", "two", "three"]);
    assert.equal(chat.since, 3);
  });

  test("from before are fetched", async () => {
    const { chat, server } = scene();
    for (const id of ["a", "b", "c"]) server.store("user:2", id, id);
    chat.open({ me: "user:1", messages: server.stored.slice(-1), lastSeq: 3, readMarks: [] });
    assert.equal(chat.hasEarlier, true);
    await chat.earlier();
    assert.deepEqual([chat.list.length, chat.hasEarlier], [3, false]);
  });
});

describe("reading", () => {
  test("others' words are unread until they are looked at", async () => {
    const { chat, server, snapshot } = scene();
    chat.open(snapshot());
    chat.receive({ type: "message-received", message: server.store("user:2", "a", "hi") });
    chat.write("mine");
    await settle();
    assert.equal(chat.unread, 1);
    chat.look(true);
    assert.equal(chat.unread, 0);
    assert.deepEqual(server.calls.filter(({ type }) => type === "read"), [{ type: "read", seq: 2 }]);
    chat.receive({ type: "message-received", message: server.store("user:2", "b", "ho") });
    assert.equal(server.calls.filter(({ type }) => type === "read").at(-1).seq, 3);
  });

  test("who has read how far", async () => {
    const { chat, snapshot } = scene();
    chat.open(snapshot());
    chat.write("mine");
    await settle();
    chat.receive({ type: "read-mark", readerId: "user:2", name: "Bob", seq: 1 });
    chat.receive({ type: "read-mark", readerId: "user:2", name: "Bob", seq: 0 });
    assert.deepEqual(chat.readers(chat.list[0]), ["Bob"]);
  });

  test("typing ends by itself, and is told now and then only", () => {
    const { chat, server, now, snapshot } = scene();
    chat.open(snapshot());
    chat.receive({ type: "user-typing", peerId: "p", typing: true });
    assert.deepEqual(chat.writers, ["p"]);
    now.value = 6000;
    assert.deepEqual(chat.writers, []);
    for (const at of [10_000, 10_100, 12_000, 13_500]) {
      now.value = at;
      chat.type();
    }
    assert.equal(server.calls.filter(({ type }) => type === "typing").length, 2);
  });
});

class FakeSender extends EventTarget {
  upload = new EventTarget();
  headers = {};
  status = 0;
  responseText = "";
  open(method, url) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  send(body) {
    this.body = body;
  }
  progress(loaded, total) {
    this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded, total }));
  }
  answer(status, body) {
    Object.assign(this, { status, responseText: JSON.stringify(body) });
    this.dispatchEvent(new Event("load"));
  }
  abort() {
    this.dispatchEvent(new Event("abort"));
  }
}

describe("files", () => {
  const sendersAnd = () => {
    const [senders, done] = [[], []];
    const transfer = new FileTransfer({
      url: "/api/v1/rooms/r/files",
      authorization: async () => "Bearer t",
      done: (attachment) => done.push(attachment),
      changed: () => undefined,
      create: () => (senders.push(new FakeSender()), senders.at(-1)),
    });
    return { transfer, senders, done, states: () => [...transfer.uploads.values()].map(({ state, reason }) => reason ?? state) };
  };
  const file = (name, size = 3) => Object.defineProperty(new File(["abc"], name), "size", { value: size });

  test("go one after the other, with progress", async () => {
    const { transfer, senders, done, states } = sendersAnd();
    transfer.add([file("a.pdf"), file("b.png")]);
    await settle();
    assert.deepEqual(states(), ["sending", "waiting"]);
    assert.equal(senders[0].headers.Authorization, "Bearer t");
    senders[0].progress(1, 4);
    assert.equal([...transfer.uploads.values()][0].share, 0.25);
    senders[0].answer(201, { success: true, data: { file: { attachmentId: "1" } } });
    await settle();
    assert.deepEqual([done, states()], [[{ attachmentId: "1" }], ["sending"]]);
  });

  test("that are too large never leave the page", async () => {
    const { transfer, senders, states } = sendersAnd();
    transfer.add([file("film.mp4", MOST_BYTES + 1), file("nothing", 0)]);
    await settle();
    assert.deepEqual([states(), senders.length], [["too_large", "empty"], 0]);
  });

  test("that are refused keep the reason; a lost network may be tried again", async () => {
    const { transfer, senders, done, states } = sendersAnd();
    transfer.add([file("a.exe"), file("b.pdf")]);
    await settle();
    senders[0].answer(400, { success: false, error: { code: "type_refused", message: "no" } });
    await settle();
    senders[1].dispatchEvent(new Event("error"));
    await settle();
    assert.deepEqual(states(), ["type_refused", "offline"]);
    transfer.retry("2");
    await settle();
    senders[2].answer(201, { data: { file: { attachmentId: "2" } } });
    await settle();
    assert.equal(done.length, 1);
  });

  test("that were taken back are not sent", async () => {
    const { transfer, senders, done, states } = sendersAnd();
    transfer.add([file("a.pdf")]);
    await settle();
    transfer.cancel("1");
    await settle();
    assert.deepEqual([states(), done, senders.length], [[], [], 1]);
  });

  test("sizes are said as people say them", () => {
    assert.deepEqual([12, 1500, 340_000, 1_250_000, 24_000_000].map(sizeText), ["12 B", "2 KB", "340 KB", "1.3 MB", "24 MB"]);
  });
});
