// Recorded slices on their way to the server: kept until they are acknowledged, sent again after a reconnect.

/** @typedef {{recorder: string, sequence: number, timestamp: number, mimeType: string, audioData: string, last?: boolean}} Slice */

const IN_FLIGHT = 3;
/** Ten minutes of sound at 32 kbit/s, 2.4 MB: then the oldest go. */
const MOST = 600;
const AGAIN_MS = 1_000;
/** Refusals that another attempt cures. */
const CURABLE = new Set(["storage_failed", "too_many_requests", "timeout", "internal"]);

export class SliceQueue {
  /** @param {(slice: Slice) => Promise<unknown>} send resolves once the slice is stored */
  constructor(send) {
    this.send = send;
    /** @type {Slice[]} */
    this.waiting = [];
    /** @type {Set<Slice>} */
    this.flying = new Set();
    this.held = true;
    this.offline = false;
    /** @type {(() => void)[]} who waits until all is stored */
    this.watchers = [];
  }

  get size() {
    return this.waiting.length + this.flying.size;
  }

  /** @param {Slice} slice */
  push(slice) {
    this.waiting.push(slice);
    // A recorder's first slice has the header, without which none of the others can be read.
    if (this.waiting.length > MOST) this.waiting.splice(this.waiting[0]?.sequence === 0 ? 1 : 0, 1);
    this.#pump();
  }

  /** Resolves once nothing waits to be stored. @returns {Promise<void>} */
  emptied() {
    return new Promise((done) => {
      this.watchers.push(done);
      this.#look();
    });
  }

  /** The slices are needed: let them go. */
  release() {
    this.held = false;
    this.#pump();
  }

  /** They are not: the media server has the sound. */
  discard() {
    this.waiting = [];
    this.#look();
  }

  /** The socket is back. */
  resume() {
    this.offline = false;
    this.#pump();
  }

  #pump() {
    while (!this.held && !this.offline && this.flying.size < IN_FLIGHT && this.waiting.length > 0) {
      void this.#fly(/** @type {Slice} */ (this.waiting.shift()));
    }
  }

  /** @param {Slice} slice */
  async #fly(slice) {
    this.flying.add(slice);
    try {
      await this.send(slice);
    } catch (error) {
      this.#back(slice, /** @type {any} */ (error).code);
    } finally {
      this.flying.delete(slice);
      this.#pump();
      this.#look();
    }
  }

  #look() {
    if (this.size === 0) for (const done of this.watchers.splice(0)) done();
  }

  /** @param {Slice} slice @param {string} code */
  #back(slice, code) {
    const lost = code === "offline";
    if (!lost && !CURABLE.has(code)) return; // the server will never take it
    this.waiting.push(slice);
    this.waiting.sort((a, b) => a.timestamp - b.timestamp || a.sequence - b.sequence);
    this.offline = true;
    if (!lost) setTimeout(() => this.resume(), AGAIN_MS);
  }
}
