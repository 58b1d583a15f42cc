// What each party is saying just now. A finished caption of that time takes its place, also one that came before it.

/** @import {Caption, Partial} from "./wire.js" */

export class Partials {
  constructor() {
    /** @type {Map<string, Partial>} by peer */
    this.open = new Map();
    /** @type {Map<string, number>} by peer: where the finished captions end */
    this.ends = new Map();
  }

  /**
   * @param {Partial} partial
   * @returns {boolean} false: its utterance is over already, or an older one
   */
  take(partial) {
    if (partial.startMs < (this.ends.get(partial.peerId) ?? -1)) return false;
    const last = this.open.get(partial.peerId);
    if (last && partial.startMs < last.startMs) return false;
    if (partial.text) this.open.set(partial.peerId, partial);
    else this.open.delete(partial.peerId);
    return true;
  }

  /**
   * A caption or a gap: what was open of that time is over.
   * @param {{peerId: string, endMs: number}} done
   * @returns {boolean} whether a partial goes
   */
  finish({ peerId, endMs }) {
    this.ends.set(peerId, Math.max(endMs, this.ends.get(peerId) ?? 0));
    const partial = this.open.get(peerId);
    return partial !== undefined && partial.startMs < endMs && this.open.delete(peerId);
  }

  /** The page was away: what was open then is not known to be so any more. */
  clear() {
    this.open.clear();
  }
}
