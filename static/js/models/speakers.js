// Who speaks: from the loudness of each, with a little patience, so that tiles do not jump at every cough.

const LOUD = 0.02;
const HOLD_MS = 1_200;
const SWITCH_MS = 1_500;

export class Speakers {
  constructor() {
    /** @type {Map<string, number>} peer -> until when they count as speaking, ms */
    this.until = new Map();
    /** Who has, or had last, the word. */
    this.main = "";
    this.mainSince = 0;
  }

  /**
   * @param {string} peerId
   * @param {number} level 0 to 1, as getStats gives it
   * @param {number} now ms
   */
  note(peerId, level, now) {
    if (level < LOUD) return;
    this.until.set(peerId, now + HOLD_MS);
    const free = !this.speaks(this.main, now);
    if (peerId !== this.main && (free || now - this.mainSince > SWITCH_MS)) this.#become(peerId, now);
  }

  /** The server says so. @param {string} peerId @param {number} now ms */
  announce(peerId, now) {
    if (!peerId) return;
    this.until.set(peerId, now + HOLD_MS);
    if (peerId !== this.main) this.#become(peerId, now);
  }

  /** @param {string} peerId @param {number} now ms */
  speaks(peerId, now) {
    return (this.until.get(peerId) ?? 0) > now;
  }

  /** @param {string} peerId */
  gone(peerId) {
    this.until.delete(peerId);
    if (this.main === peerId) this.main = "";
  }

  /** @param {string} peerId @param {number} now */
  #become(peerId, now) {
    this.main = peerId;
    this.mainSince = now;
  }
}
