import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { Backoff } from "../../static/js/models/backoff.js";
import { SfuTap } from "../../static/js/models/sfu-tap.js";
import { FakeDevice, settle } from "./fakes.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

function aTap({ looks = true, producers = [] } = {}) {
  const did = { asked: [], pictures: [], devices: [] };
  const answers = (type, fields) => {
    const count = did.asked.filter((one) => one.type === type).length;
    return {
      "join-room": { rtpCapabilities: {}, producers },
      "create-transport": { id: `t${count}` },
      produce: { producerId: `p${count}` },
      consume: { id: `c${count}`, producerId: fields.producerId },
    }[type] ?? {};
  };
  const tap = new SfuTap({
    request: async (type, fields) => (did.asked.push({ type, ...fields }), answers(type, fields)),
    loadDevice: async () => (did.devices.push(new FakeDevice()), did.devices.at(-1)),
    roomId: "room",
    peerId: "me",
    rtc: {},
    backoff: new Backoff({ random: () => 0 }),
    on: { state: () => undefined, track: () => undefined, ...(looks ? { picture: (track) => did.pictures.push(track?.consumed ?? null) } : {}) },
  });
  const asked = (type) => did.asked.filter((one) => one.type === type);
  return { tap, did, asked };
}

const theirs = { peerId: "other", producerId: "v", kind: "video" };

describe("a picture through the tap", () => {
  test("goes out as a camera and ends when it is taken back", async () => {
    const { tap, did, asked } = aTap();
    tap.start({});
    await settle();
    tap.show({ kind: "video" });
    await settle();
    assert.deepEqual(asked("produce").map(({ kind, source }) => [kind, source]), [["audio", undefined], ["video", "camera"]]);
    tap.show(null);
    await settle();
    assert.deepEqual([did.devices[0].ended, asked("close-producer").map(({ producerId }) => producerId)], [["p2"], ["p2"]]);
  });

  test("goes out again when the media server is back", async () => {
    const { tap, asked } = aTap();
    tap.start({});
    await settle();
    tap.show({ kind: "video" });
    await settle();
    tap.receive({ type: "media-lost" });
    mock.timers.tick(250);
    await settle();
    assert.deepEqual(asked("produce").map(({ kind }) => kind), ["audio", "video", "audio", "video"]);
  });

  test("comes in paused and is let go on when it can be shown, and its end is told", async () => {
    const { tap, did, asked } = aTap({ producers: [theirs] });
    tap.start({});
    await settle();
    assert.deepEqual([did.pictures, asked("consume")[0].paused, asked("resume-consumer").length], [["v"], true, 1]);
    tap.receive({ type: "producer-closed", producerId: "v" });
    assert.deepEqual(did.pictures, ["v", null]);
  });

  test("is not looked at by who is not to see any", async () => {
    const { tap, asked } = aTap({ looks: false, producers: [theirs] });
    tap.start({});
    await settle();
    assert.deepEqual(asked("consume"), []);
  });
});
