// How well the other side is heard, from getStats: what arrived since the last look, and how far away it is.

/** @typedef {{level: 0 | 1 | 2 | 3 | 4, word: "good" | "fair" | "poor" | "lost", rttMs: number | null, lossPercent: number}} Quality */

/** Up to and including these, the next better level holds: loss in percent, round trip in ms. */
const LIMITS = [
  { level: 4, loss: 2, rtt: 250 },
  { level: 3, loss: 5, rtt: 400 },
  { level: 2, loss: 10, rtt: 800 },
];

/**
 * Audio packets received so far, over all receivers of the report.
 * @param {Iterable<Record<string, any>>} stats
 */
export function received(stats) {
  let packets = 0;
  let lost = 0;
  for (const row of stats) {
    if (row.type !== "inbound-rtp" || row.kind !== "audio") continue;
    packets += row.packetsReceived ?? 0;
    lost += Math.max(0, row.packetsLost ?? 0);
  }
  return { packets, lost };
}

/** @param {Iterable<Record<string, any>>} stats @returns {number | null} ms */
function roundTrip(stats) {
  for (const row of stats) {
    const inUse = row.type === "candidate-pair" && row.state === "succeeded" && row.nominated !== false;
    if (inUse && row.currentRoundTripTime !== undefined) return Math.round(row.currentRoundTripTime * 1000);
  }
  return null;
}

export class QualityMeter {
  constructor() {
    this.before = { packets: 0, lost: 0 };
  }

  /** @param {Iterable<Record<string, any>>} report @returns {Quality} */
  look(report) {
    const stats = [...report];
    const now = received(stats);
    // A new path counts from zero again.
    const from = now.packets < this.before.packets ? { packets: 0, lost: 0 } : this.before;
    this.before = now;
    const [packets, lost] = [now.packets - from.packets, Math.max(0, now.lost - from.lost)];
    const rttMs = roundTrip(stats);
    if (packets === 0) return { level: 0, word: "lost", rttMs, lossPercent: 100 };
    const lossPercent = Math.round((1000 * lost) / (packets + lost)) / 10;
    return { ...judged(lossPercent, rttMs ?? 0), rttMs, lossPercent };
  }
}

/**
 * @param {number} loss
 * @param {number} rtt
 * @returns {Pick<Quality, "level" | "word">}
 */
function judged(loss, rtt) {
  const level = /** @type {1 | 2 | 3 | 4} */ (LIMITS.find((limit) => loss <= limit.loss && rtt <= limit.rtt)?.level ?? 1);
  return { level, word: level === 4 ? "good" : level === 3 ? "fair" : "poor" };
}
