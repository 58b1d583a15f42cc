// When to read a page's moving part again. No DOM: the timer, the clock and the reading are given.

/**
 * @typedef {object} RefresherParts
 * @property {() => Promise<boolean>} read   reads once; resolves to whether it worked
 * @property {(run: () => void, ms: number) => unknown} after   setTimeout
 * @property {(timer: any) => void} cancel   clearTimeout
 * @property {number} every   milliseconds between two readings
 * @property {(stale: boolean) => void} onStale   told when the view goes stale or is fresh again
 */

const SLOWEST = 60_000;

export class Refresher {
  /** @param {RefresherParts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {unknown} */
    this.timer = null;
    this.failures = 0;
    this.reading = false;
    this.running = false;
  }

  start() {
    this.running = true;
    this.#plan();
  }

  /** Nobody looks: stop asking. */
  stop() {
    this.running = false;
    this.parts.cancel(this.timer);
  }

  /** Read now, and from then on at the usual pace. */
  async now() {
    if (this.reading) return;
    this.parts.cancel(this.timer);
    this.reading = true;
    const worked = await this.parts.read().catch(() => false);
    this.reading = false;
    this.failures = worked ? 0 : this.failures + 1;
    this.parts.onStale(this.failures > 1);
    if (this.running) this.#plan();
  }

  /** The pause doubles with each failure. */
  get pause() {
    return Math.min(this.parts.every * 2 ** Math.min(this.failures, 6), Math.max(SLOWEST, this.parts.every));
  }

  #plan() {
    this.parts.cancel(this.timer);
    this.timer = this.parts.after(() => void this.now(), this.pause);
  }
}
