import assert from "node:assert/strict";
import { test } from "node:test";

import { Suggestions } from "../../static/js/models/suggestions.js";

const a = { entryId: 1, question: "Hours", answer: "From nine.", source: "" };
const b = { entryId: 2, question: "Parking", answer: "Free.", source: "" };

test("the newest suggestions take the place of those before", () => {
  const suggestions = new Suggestions();
  assert.equal(suggestions.take([a]), true);
  assert.equal(suggestions.take([b]), true);
  assert.deepEqual(suggestions.shown, [b]);
});

test("the same ones again change nothing: a card in use stays as it is", () => {
  const suggestions = new Suggestions();
  suggestions.take([a, b]);
  assert.equal(suggestions.take([{ ...a }, { ...b }]), false);
});

test("what the agent hid is not offered again in this call", () => {
  const suggestions = new Suggestions();
  suggestions.take([a]);
  suggestions.hide();
  assert.deepEqual(suggestions.shown, []);
  assert.equal(suggestions.take([a]), false);
  assert.equal(suggestions.take([a, b]), true);
  assert.deepEqual(suggestions.shown, [b]);
});

test("other sentences of a document are another suggestion", () => {
  const suggestions = new Suggestions();
  const one = { entryId: 1, question: "Guide", answer: "It is free.", source: "Guide" };
  suggestions.take([one]);
  suggestions.hide();
  assert.equal(suggestions.take([one]), false);
  assert.equal(suggestions.take([{ ...one, answer: "We come on Monday." }]), true);
  assert.equal(suggestions.take([a]), true);
});
