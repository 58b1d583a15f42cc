// The plain classes behind the record page and the overview.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, cutWithDoubts, next, turnAt } from "../../static/js/models/finder.js";
import { Refresher } from "../../static/js/models/refresher.js";
import { TwoTracks } from "../../static/js/models/two-tracks.js";

/** @param {number} duration @param {boolean} [broken] */
function track(duration, broken = false) {
  const fake = { currentTime: 0, duration, playbackRate: 1, paused: true, ended: false, play, pause };
  async function play() {
    if (broken) throw new Error("no such codec");
    fake.paused = false;
  }
  function pause() {
    fake.paused = true;
  }
  return fake;
}

test("both sides play, pause and seek as one", async () => {
  const [customer, agent] = [track(60), track(60)];
  const player = new TwoTracks([customer, agent]);
  await player.play();
  player.seek(12);
  assert.deepEqual([customer.currentTime, agent.currentTime, customer.paused, agent.paused], [12, 12, false, false]);
  player.pause();
  assert.deepEqual([customer.paused, agent.paused, player.now], [true, true, 12]);
});

test("a side that drifts is brought back, a small difference is left alone", async () => {
  const [customer, agent] = [track(60), track(59)];
  const player = new TwoTracks([customer, agent]);
  await player.play();
  [customer.currentTime, agent.currentTime] = [10, 9.5];
  player.follow();
  assert.equal(agent.currentTime, 10);
  agent.currentTime = 9.95;
  player.follow();
  assert.equal(agent.currentTime, 9.95);
});

test("the shorter side stops and the longer goes on", async () => {
  const [customer, agent] = [track(60), track(20)];
  const player = new TwoTracks([customer, agent]);
  await player.play();
  player.seek(30);
  assert.deepEqual([customer.paused, agent.paused, agent.currentTime], [false, true, 20]);
  player.seek(5);
  assert.deepEqual([agent.paused, agent.currentTime], [false, 5]);
});

test("places outside the recording are its ends, and play at the end begins again", async () => {
  const player = new TwoTracks([track(60)]);
  player.skip(-10);
  assert.equal(player.now, 0);
  player.seek(500);
  assert.equal(player.now, 60);
  await player.play();
  assert.equal(player.now, 0);
});

test("the end of the longer side is the end", async () => {
  const customer = track(60);
  const player = new TwoTracks([customer, track(20)]);
  await player.play();
  Object.assign(customer, { currentTime: 60, ended: true });
  player.follow();
  assert.equal(player.playing, false);
});

test("one side that cannot be played does not silence the other; two do, and it is said", async () => {
  await new TwoTracks([track(60), track(60, true)]).play();
  const player = new TwoTracks([track(60, true), track(60, true)]);
  await assert.rejects(player.play(), /codec/);
  assert.equal(player.playing, false);
});

test("speeds go round", () => {
  const customer = track(60);
  const player = new TwoTracks([customer]);
  assert.deepEqual([1, 2, 3, 4].map(() => player.faster()), [1.25, 1.5, 2, 1]);
  assert.equal(customer.playbackRate, 1);
});

test("text is cut at what was looked for, whatever its case", () => {
  const hits = (/** @type {string} */ text, /** @type {string} */ wanted) =>
    cut(text, wanted).map((run) => (run.hit ? `[${run.text}]` : run.text)).join("");
  assert.equal(hits("사진 배경의 사진", "사진"), "[사진] 배경의 [사진]");
  assert.equal(hits("Photo photo", "PHOTO"), "[Photo] [photo]");
  assert.equal(hits("<b>.*", ".*"), "<b>[.*]");
  assert.equal(hits("사진", "  "), "사진");
  assert.equal(hits("", "x"), "");
});

test("hits go round in both directions", () => {
  assert.deepEqual([next(-1, 1, 3), next(2, 1, 3), next(0, -1, 3), next(-1, 1, 0)], [0, 0, 2, -1]);
});

test("the turn that is being spoken", () => {
  assert.deepEqual([-1, 0, 400, 999, 5000].map((ms) => turnAt([0, 500, 1000], ms)), [-1, 0, 0, 1, 2]);
});

/** @param {() => Promise<boolean>} read */
function refresher(read) {
  /** @type {{run: () => void, ms: number}[]} */
  const planned = [];
  /** @type {boolean[]} */
  const stale = [];
  const made = new Refresher({
    read,
    after: (run, ms) => planned.push({ run, ms }),
    cancel: () => {},
    every: 5000,
    onStale: (is) => stale.push(is),
  });
  return { made, planned, stale };
}

test("the view is read again at its pace, slower while the server is away, and says that it is stale", async () => {
  const answers = [true, false, false, true];
  const { made, planned, stale } = refresher(async () => {
    const answer = answers.shift() ?? true;
    if (!answer) throw new Error("offline");
    return answer;
  });
  made.start();
  for (let round = 0; round < 4; round += 1) await made.now();
  assert.deepEqual(planned.map((plan) => plan.ms), [5000, 5000, 10000, 20000, 5000]);
  assert.deepEqual(stale, [false, false, true, false]);
});

test("nobody looks, nobody asks", async () => {
  const { made, planned } = refresher(async () => true);
  made.start();
  made.stop();
  await made.now();
  assert.equal(planned.length, 1);
});

test("a word that was not heard clearly stays marked where it is found", () => {
  const runs = cutWithDoubts("그 사진 말이에요", "진 말", [[2, 4]]);
  assert.deepEqual(runs, [
    { text: "그 ", hit: false, doubt: false },
    { text: "사", hit: false, doubt: true },
    { text: "진", hit: true, doubt: true },
    { text: " 말", hit: true, doubt: false },
    { text: "이에요", hit: false, doubt: false },
  ]);
  assert.deepEqual(cutWithDoubts("", "", []), [{ text: "", hit: false, doubt: false }]);
});
