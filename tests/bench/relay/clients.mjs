// Pairs of peers that send each other offers of 2 KB. One line of JSON: messages a second, and delays in ms.
// node clients.mjs <<< '{"kind": "ours"|"socket.io", "url": "...", "pairs": [[{...}, {...}], ...], "seconds": 5, "rate": 0}'
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { io } from "socket.io-client";
import WebSocket from "ws";

const plan = JSON.parse(readFileSync(0, "utf8"));
const WINDOW = 4;
const FILLER = "v=0 ".repeat(500);
const delays = [];
let delivered = 0;
let counting = false;

function got(message) {
  if (!counting) return;
  delivered += 1;
  delays.push(performance.now() - Number(message.sdp.slice(0, 16)));
}
const stamped = () => performance.now().toFixed(6).padStart(16, "0") + FILLER;

async function ours(who) {
  const socket = new WebSocket(plan.url, { perMessageDeflate: false });
  await new Promise((done, failed) => socket.once("open", done).once("error", failed));
  const waiting = new Map();
  let id = 0;
  const ask = (type, fields) =>
    new Promise((done, failed) => {
      id += 1;
      waiting.set(id, [done, failed]);
      socket.send(JSON.stringify({ type, id, ...fields }));
    });
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    if (message.type === "offer") got(message);
    const known = waiting.get(message.id);
    if (!known) return;
    waiting.delete(message.id);
    if (message.type === "error") known[1](new Error(JSON.stringify(message)));
    else known[0](message.data ?? message);
  });
  await ask("login", { token: who.token });
  const state = await ask("enter-room", { roomId: who.room });
  setInterval(() => socket.send('{"type":"ping"}'), 2000);
  return {
    peer: state.peerId,
    send: (to) => ask("offer", { roomId: who.room, to, sdp: stamped() }),
  };
}

async function theirs(who) {
  const socket = io(plan.url, { transports: ["websocket"], forceNew: true });
  socket.on("offer", got);
  await new Promise((done) => socket.on("connect", done));
  const peer = await socket.emitWithAck("enter", who.room);
  return { peer, send: (to) => socket.emitWithAck("offer", { to, sdp: stamped() }) };
}

const connect = plan.kind === "ours" ? ours : theirs;
const pairs = [];
for (const [one, other] of plan.pairs) {
  const first = await connect(one);
  const second = await connect(other);
  pairs.push([first, second]);
}
await new Promise((done) => setTimeout(done, 500));
let running = true;
const loops = [];
for (const [one, other] of pairs) {
  for (const [from, to] of [[one, other], [other, one]]) {
    if (plan.rate) {
      const every = (1000 * 2 * pairs.length) / plan.rate;
      loops.push((async () => {
        await new Promise((done) => setTimeout(done, Math.random() * every));
        while (running) {
          void from.send(to.peer);
          await new Promise((done) => setTimeout(done, every));
        }
      })());
    } else {
      for (let n = 0; n < WINDOW; n += 1) loops.push((async () => { while (running) await from.send(to.peer); })());
    }
  }
}
await new Promise((done) => setTimeout(done, 1000));
counting = true;
const began = performance.now();
await new Promise((done) => setTimeout(done, plan.seconds * 1000));
counting = false;
const seconds = (performance.now() - began) / 1000;
running = false;
delays.sort((a, b) => a - b);
const at = (share) => Math.round((delays[Math.floor(delays.length * share)] ?? 0) * 100) / 100;
console.log(JSON.stringify({ perSecond: Math.round(delivered / seconds), p50: at(0.5), p95: at(0.95), p99: at(0.99) }));
process.exit(0);
