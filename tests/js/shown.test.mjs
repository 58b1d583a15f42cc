import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShownPicture } from "../../static/js/models/shown-picture.js";

/** A side of a call, and what it did. */
function side({ open = async () => "camera" } = {}) {
  const did = { told: [], sent: [], opened: 0, closed: 0, ended: [] };
  const shown = new ShownPicture({
    open: () => ((did.opened += 1), open()),
    close: () => (did.closed += 1),
    on: { tell: (step) => did.told.push(step), send: (track) => did.sent.push(track), changed: () => undefined, ended: (why) => did.ended.push(why) },
  });
  return { shown, did };
}

describe("what a customer shows", () => {
  test("the camera opens after a yes, and not on a message", async () => {
    const { shown, did } = side();
    shown.receive({ step: "accept" }, "customer");
    await shown.accept();
    shown.receive({ step: "ask" }, "customer");
    assert.deepEqual([shown.state, did.opened], ["asked", 0]);
    await shown.accept();
    assert.deepEqual([shown.state, did.sent, did.told], ["shown", ["camera"], ["accept"]]);
  });

  test("an agent is never asked", () => {
    const { shown } = side();
    shown.receive({ step: "ask" }, "agent");
    assert.equal(shown.state, "off");
  });

  test("either side ends it, and the camera closes", async () => {
    for (const end of [(shown) => shown.stop(), (shown) => shown.receive({ step: "stop" }, "customer"), (shown) => shown.end()]) {
      const { shown, did } = side();
      shown.receive({ step: "ask" }, "customer");
      await shown.accept();
      end(shown);
      assert.deepEqual([shown.state, did.sent.at(-1), did.closed], ["off", null, 1]);
    }
  });

  test("a question that is taken back while the camera opens leaves none open", async () => {
    let opened;
    const { shown, did } = side({ open: () => new Promise((done) => (opened = done)) });
    shown.receive({ step: "ask" }, "customer");
    const accepted = shown.accept();
    shown.receive({ step: "stop" }, "customer");
    opened("camera");
    await accepted;
    assert.deepEqual([shown.state, did.told, did.sent.includes("camera")], ["off", [], false]);
    assert.ok(did.closed >= 1);
  });

  test("a refused camera is a no, and the reason is told here", async () => {
    const { shown, did } = side({ open: async () => Promise.reject(new Error("denied")) });
    shown.receive({ step: "ask" }, "customer");
    await assert.rejects(shown.accept(), /denied/);
    assert.deepEqual([shown.state, did.told], ["off", ["decline"]]);
  });

  test("the agent asks once, hears a no, and sees what comes", () => {
    const { shown, did } = side();
    shown.ask();
    shown.ask();
    shown.receive({ step: "decline" }, "agent");
    assert.deepEqual([shown.state, did.told, did.ended], ["off", ["ask"], ["declined"]]);
    shown.comes("picture");
    assert.equal(shown.state, "shown");
    shown.comes(null);
    assert.equal(shown.state, "off");
  });
});
