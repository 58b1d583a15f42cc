// When the media server is out of reach: the browser records, and the slices go over the socket.
// It records from the first moment and decides later, so that the seconds of waiting are not lost.

import { SliceQueue } from "./slice-queue.js";

/** @import {Slice} from "./slice-queue.js" */

const SLICE_MS = 1_000;
const PATIENCE_MS = 8_000;
/** A gap this short at the very start is the ordinary time that a connection takes. */
const IGNORED_MS = 2_000;
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** @typedef {"off" | "holding" | "sending"} RecorderState */

export class FallbackRecorder {
  /**
   * @param {object} options
   * @param {(slice: Slice) => Promise<unknown>} options.send
   * @param {(state: RecorderState) => void} options.onState
   * @param {() => number} [options.now]
   * @param {(track: MediaStreamTrack) => MediaRecorder} [options.record]
   */
  constructor({ send, onState, now = Date.now, record = recorderOf }) {
    this.queue = new SliceQueue(send);
    this.onState = onState;
    this.now = now;
    this.record = record;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    /** @type {MediaRecorder | null} one whose slices nobody needs */
    this.dropping = null;
    this.startedAt = 0;
    this.tapHasWorked = false;
    /** @type {any} */
    this.timer = null;
    /** @type {Promise<void>} slices keep their order */
    this.encoding = Promise.resolve();
  }

  /** The tap does not work (yet). @param {MediaStreamTrack} track */
  standBy(track) {
    if (this.recorder) return;
    this.startedAt = this.now();
    this.recorder = this.#begin(track, `browser-${this.startedAt}`);
    this.timer = setTimeout(() => this.#send(), PATIENCE_MS);
    this.onState("holding");
  }

  /** The tap works: stop, and keep what it has missed. */
  standDown() {
    const ordinary = !this.tapHasWorked && this.now() - this.startedAt < IGNORED_MS;
    this.tapHasWorked = true;
    if (!this.recorder) return;
    if (ordinary && this.queue.held) this.#drop();
    else void this.finish();
  }

  /** Stop and send the rest. Resolves once all of it is stored, or will never be. */
  async finish() {
    clearTimeout(this.timer);
    if (this.recorder) {
      const stopped = this.#stop();
      this.queue.release();
      this.onState("off");
      await stopped;
    }
    await this.encoding;
    await this.queue.emptied();
  }

  /** The socket is back. */
  resume() {
    this.queue.resume();
  }

  #send() {
    this.queue.release();
    this.onState("sending");
  }

  #drop() {
    clearTimeout(this.timer);
    this.dropping = this.recorder;
    void this.#stop();
    this.queue.discard();
    this.onState("off");
  }

  /** Resolves when the recorder has given its last slice. */
  async #stop() {
    const recorder = this.recorder;
    this.recorder = null;
    if (!recorder || recorder.state === "inactive") return;
    const stopped = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
    recorder.stop();
    await stopped;
  }

  /** @param {MediaStreamTrack} track @param {string} name */
  #begin(track, name) {
    const recorder = this.record(track);
    let sequence = 0;
    let began = this.startedAt;
    if (this.queue.size === 0) this.queue.held = true;
    recorder.addEventListener("dataavailable", ({ data }) => {
      if (data.size === 0 || recorder === this.dropping) return;
      const last = recorder.state === "inactive";
      const facts = { recorder: name, sequence: sequence++, timestamp: began, mimeType: recorder.mimeType };
      began = this.now();
      this.encoding = this.encoding.then(async () => {
        const audioData = base64(new Uint8Array(await data.arrayBuffer()));
        if (recorder !== this.dropping) this.queue.push({ ...facts, audioData, ...(last ? { last } : {}) });
      });
    });
    recorder.start(SLICE_MS);
    return recorder;
  }
}

/** @param {MediaStreamTrack} track */
function recorderOf(track) {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? "";
  return new MediaRecorder(new MediaStream([track]), { mimeType, audioBitsPerSecond: 32_000 });
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
