import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Idle, IDLE_MS } from "../../static/js/models/idle.js";

let told;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  told = [];
});

test("five minutes without a touch are away, and the next touch is back", () => {
  const idle = new Idle((away) => told.push(away));
  mock.timers.tick(IDLE_MS - 1);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, [true]);
  idle.touched();
  idle.touched();
  assert.deepEqual(told, [true, false]);
  mock.timers.tick(IDLE_MS);
  assert.deepEqual(told, [true, false, true]);
});

test("a touch in between begins the five minutes anew", () => {
  const idle = new Idle((away) => told.push(away));
  mock.timers.tick(IDLE_MS - 1_000);
  idle.touched();
  mock.timers.tick(IDLE_MS - 1);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, [true]);
});
