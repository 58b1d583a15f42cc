// What has been said so far, in the order of time; a better hearing replaces the first one.

/** @import {Caption, Mask} from "./wire.js" */

export class CaptionLog {
  constructor() {
    /** @type {Caption[]} */
    this.entries = [];
  }

  /**
   * Take in one caption. An offline hearing drives out the live one of the same side and time.
   * @param {Caption} caption
   * @returns {{removed: Caption[], before: Caption | null} | null} what to take away and what to stand before; null: nothing new
   */
  add(caption) {
    if (this.entries.some((entry) => entry.utteranceId === caption.utteranceId && entry.text === caption.text)) return null;
    if (caption.source === "live" && this.#heardBetter(caption)) return null;
    const removed = this.entries.filter((entry) => replaces(caption, entry));
    this.entries = this.entries.filter((entry) => !removed.includes(entry));
    const place = this.entries.findIndex((entry) => entry.startMs > caption.startMs);
    this.entries.splice(place < 0 ? this.entries.length : place, 0, caption);
    return { removed, before: place < 0 ? null : (this.entries[place + 1] ?? null) };
  }

  /** @param {Caption} live */
  #heardBetter(live) {
    return this.entries.some((entry) => entry.source === "offline" && overlaps(entry, live));
  }
}

/** @param {Caption} newer @param {Caption} older */
function replaces(newer, older) {
  if (newer.utteranceId === older.utteranceId) return true;
  return newer.source === "offline" && older.source === "live" && overlaps(newer, older);
}

/** @param {Caption} a @param {Caption} b */
function overlaps(a, b) {
  return a.peerId === b.peerId && a.startMs < b.endMs && b.startMs < a.endMs;
}

/**
 * The text in pieces; a masked piece has no text, because its length would tell something.
 * @param {string} text
 * @param {Mask[]} masks
 * @returns {{text: string, masked: boolean, kind?: string}[]}
 */
export function pieces(text, masks) {
  const letters = [...text]; // the server counts code points
  const parts = [];
  let at = 0;
  for (const { start, end, kind } of [...masks].sort((a, b) => a.start - b.start)) {
    if (start < at || end > letters.length) continue;
    if (start > at) parts.push({ text: letters.slice(at, start).join(""), masked: false });
    parts.push({ text: "", masked: true, kind });
    at = end;
  }
  if (at < letters.length) parts.push({ text: letters.slice(at).join(""), masked: false });
  return parts;
}
