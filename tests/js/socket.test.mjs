import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Backoff } from "../../static/js/models/backoff.js";
import { Signaling } from "../../static/js/models/socket.js";
import { FakeSocket, settle } from "./fakes.mjs";

let sockets, states, messages, closings, hellos, signaling;

function aPage(hello = async () => { hellos += 1; }, options = {}) {
  signaling = new Signaling({
    url: "ws://test/ws/",
    hello,
    connect: () => (sockets.push(new FakeSocket()), sockets.at(-1)),
    backoff: new Backoff({ random: () => 0 }),
    ...options,
    on: { message: (m) => messages.push(m), state: (s) => states.push(s), closed: (c) => closings.push(c) },
  });
  signaling.start();
  return sockets[0];
}

async function anOpenPage() {
  const socket = aPage();
  socket.open();
  await settle();
  return socket;
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  [sockets, states, messages, closings, hellos] = [[], [], [], [], 0];
});

test("a request is answered by the ack with its number", async () => {
  const socket = await anOpenPage();
  const [first, second] = [signaling.request("one"), signaling.request("two", { more: 1 })];
  assert.deepEqual(socket.last("two"), { type: "two", id: 2, more: 1 });
  socket.hear({ type: "ack", id: 2, data: { n: 2 } });
  socket.hear({ type: "ack", id: 1, data: { n: 1 } });
  assert.deepEqual(await Promise.all([first, second]), [{ n: 1 }, { n: 2 }]);
});

test("a refusal carries its code", async () => {
  const socket = await anOpenPage();
  const asked = signaling.request("accept-offer");
  socket.hear({ type: "error", id: 1, code: "offer_gone", message: "gone" });
  await assert.rejects(asked, { code: "offer_gone" });
});

test("join is answered by joined, with or without its number", async () => {
  const socket = await anOpenPage();
  for (const answer of [{ type: "joined", seq: 4 }, { type: "joined", id: 2, seq: 5 }]) {
    const asked = signaling.request("join", {}, { answer: "joined" });
    socket.hear(answer);
    assert.equal((await asked).seq, answer.seq);
  }
});

test("a lost socket fails what was asked, and the page comes back and says hello again", async () => {
  const socket = await anOpenPage();
  const asked = signaling.request("one");
  socket.drop();
  await assert.rejects(asked, { code: "offline" });
  assert.equal(states.at(-1), "offline");
  mock.timers.tick(250);
  sockets[1].open();
  await settle();
  assert.equal(hellos, 2);
  assert.equal(states.at(-1), "online");
});

test("waits grow while nobody answers, and start anew after a success", async () => {
  aPage();
  const waits = [250, 500, 1000, 2000];
  for (const [at, wait] of waits.entries()) {
    sockets[at].drop();
    mock.timers.tick(wait - 1);
    assert.equal(sockets.length, at + 1);
    mock.timers.tick(1);
    assert.equal(sockets.length, at + 2);
  }
  sockets.at(-1).open();
  await settle();
  sockets.at(-1).drop();
  mock.timers.tick(250);
  assert.equal(sockets.length, 6);
});

test("a network that is back is used at once", async () => {
  const socket = await anOpenPage();
  socket.drop();
  signaling.hurry();
  assert.equal(sockets.length, 2);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 2);
});

test("a socket on which nobody answers the ping is given up", async () => {
  const socket = await anOpenPage();
  mock.timers.tick(8_000);
  assert.equal(socket.last("ping").type, "ping");
  mock.timers.tick(8_000);
  await settle();
  assert.equal(states.at(-1), "offline");
});

for (const code of [4401, 4403, 4409]) {
  test(`after ${code} the page does not come back`, async () => {
    const socket = await anOpenPage();
    socket.drop(code);
    mock.timers.tick(60_000);
    assert.deepEqual(closings, [code]);
    assert.equal(sockets.length, 1);
  });
}

test("a refused hello is final, a hello cut off by the network is not", async () => {
  const socket = aPage((s) => s.request("join", {}, { answer: "joined" }));
  socket.open();
  socket.drop();
  await settle();
  mock.timers.tick(250);
  sockets[1].open();
  sockets[1].hear({ type: "error", id: 2, code: "token_invalid" });
  await settle();
  assert.deepEqual(closings, [4401]);
});

test("what is worthless later is dropped while the socket is away", async () => {
  const socket = await anOpenPage();
  signaling.tell("ice-candidate", { to: "x" });
  socket.drop();
  signaling.tell("ice-candidate", { to: "y" });
  assert.equal(socket.sent.filter((m) => m.type === "ice-candidate").length, 1);
});

test("messages of an old socket are not heard", async () => {
  const socket = await anOpenPage();
  socket.drop();
  mock.timers.tick(250);
  socket.hear({ type: "call-state" });
  assert.deepEqual(messages, []);
});

test("a page pings as often as it is told to", async () => {
  aPage(undefined, { pingMs: 2_000 });
  sockets[0].open();
  await settle();
  mock.timers.tick(6_000);
  assert.equal(sockets[0].sent.filter(({ type }) => type === "ping").length, 3);
});

test("a socket that never opens is given up and tried again", async () => {
  aPage(undefined, { patienceMs: 5_000 });
  mock.timers.tick(5_000);
  assert.deepEqual(states, ["connecting", "offline"]);
  mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
});

test("a refusal that answers nothing is told: a right was withdrawn", async () => {
  const socket = await anOpenPage();
  socket.hear({ type: "error", code: "forbidden", roomId: "r" });
  assert.deepEqual(messages, [{ type: "error", code: "forbidden", roomId: "r" }]);
});
