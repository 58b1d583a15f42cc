// How well one participant reaches us: round trip, loss and bandwidth since the last look; and how loud they are.

import { QualityMeter } from "./quality.js";

/** @import {Quality} from "./quality.js" */

/** @typedef {Quality & {kbps: number, loudness: number}} PeerQuality */
/** @typedef {Record<string, any>} Row of getStats */

/** @param {Iterable<Row>} rows */
function bytesOf(rows) {
  let bytes = 0;
  for (const row of rows) if (row.type === "inbound-rtp") bytes += row.bytesReceived ?? 0;
  return bytes;
}

/** From 0 to 1. @param {Iterable<Row>} rows */
export function loudnessOf(rows) {
  let most = 0;
  for (const row of rows) if (row.type === "inbound-rtp" && row.kind === "audio") most = Math.max(most, row.audioLevel ?? 0);
  return most;
}

export class PeerMeter {
  constructor() {
    this.meter = new QualityMeter();
    this.bytes = 0;
    this.at = 0;
  }

  /** @param {Iterable<Row>} report @param {number} now ms @returns {PeerQuality} */
  look(report, now) {
    const rows = [...report];
    const bytes = bytesOf(rows);
    const fresh = this.at > 0 && bytes >= this.bytes;
    const kbps = fresh ? Math.round((8 * (bytes - this.bytes)) / Math.max(1, now - this.at)) : 0;
    this.bytes = bytes;
    this.at = now;
    return { ...this.meter.look(rows), kbps, loudness: loudnessOf(rows) };
  }
}

/**
 * What a page says of itself: its worst path counts, its bandwidth is the sum.
 * @param {PeerQuality[]} all
 * @returns {{level: "good" | "fair" | "poor", rttMs: number, lossPercent: number, kbps: number} | null}
 */
export function ownReport(all) {
  const heard = all.filter(({ word }) => word !== "lost");
  if (heard.length === 0) return null;
  const worst = heard.reduce((a, b) => (b.level < a.level ? b : a));
  const kbps = heard.reduce((sum, each) => sum + each.kbps, 0);
  const rttMs = Math.max(...heard.map((each) => each.rttMs ?? 0));
  return { level: /** @type {"good" | "fair" | "poor"} */ (worst.word), rttMs, lossPercent: Math.round(worst.lossPercent), kbps };
}
