// What is being said gives way to what was said; how captions look is remembered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces } from "../../static/js/models/captions.js";
import { kindName } from "../../static/js/models/kinds.js";
import { Partials } from "../../static/js/models/partials.js";
import { Reading } from "../../static/js/models/reading.js";

const partial = (startMs, text = "words", peerId = "cara") => ({ peerId, role: "customer", text, masks: [], startMs });

test("a finished caption takes the place of its partial", () => {
  const partials = new Partials();
  assert.equal(partials.take(partial(1000)), true);
  assert.equal(partials.finish({ peerId: "cara", endMs: 5000 }), true);
  assert.equal(partials.open.size, 0);
});

test("a partial that comes after its caption is dropped, the next utterance is not", () => {
  const partials = new Partials();
  partials.finish({ peerId: "cara", endMs: 5000 });
  assert.equal(partials.take(partial(1000)), false);
  assert.equal(partials.take(partial(5000)), true);
});

test("a caption of one party leaves what the other is saying", () => {
  const partials = new Partials();
  partials.take(partial(1000, "words", "alice"));
  assert.equal(partials.finish({ peerId: "cara", endMs: 5000 }), false);
  assert.equal(partials.open.has("alice"), true);
});

test("a caption of an earlier utterance leaves a partial of the next one", () => {
  const partials = new Partials();
  partials.take(partial(5000));
  assert.equal(partials.finish({ peerId: "cara", endMs: 5000 }), false);
});

test("an empty partial takes the last one back", () => {
  const partials = new Partials();
  partials.take(partial(1000));
  assert.equal(partials.take(partial(1000, "")), true);
  assert.equal(partials.open.size, 0);
});

test("personal data is named by its kind, a profane word is not", () => {
  const masks = [{ start: 3, end: 10, kind: "phone", severity: 0 }];
  assert.deepEqual(pieces("my [PHONE] ok", masks)[1], { text: "", masked: true, kind: "phone" });
  assert.equal(kindName("phone", { kind_phone: "phone number" }), "phone number");
  assert.equal(kindName("new", { kindOther: "personal data" }), "personal data");
  assert.equal(kindName("profanity", { kindOther: "personal data" }), "");
});

function shelf(kept = null) {
  return { kept, getItem() { return this.kept; }, setItem(_key, value) { this.kept = value; } };
}

test("size and contrast are remembered and stay in their bounds", () => {
  const storage = shelf();
  const reading = new Reading(storage);
  for (let press = 0; press < 9; press++) reading.resize(1);
  reading.toggleContrast();
  const again = new Reading(storage);
  assert.deepEqual([again.size, again.contrast], [4, true]);
});

test("what another version has kept, or a browser that keeps nothing, does no harm", () => {
  assert.equal(new Reading(shelf("{nonsense")).size, 2);
  assert.equal(new Reading(shelf('{"size": 99}')).size, 2);
  assert.equal(new Reading(null).size, 2);
});
