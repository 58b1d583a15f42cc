// Whether the media server still answers: it reports what it received every second. A killed process says nothing,
// and the browser itself would notice only after ten seconds or more, in which nothing would be recorded.

const SILENT_MS = 3_000;

export class Pulse {
  constructor() {
    /** @type {number | null} */
    this.lastReport = null;
    this.heardAt = 0;
  }

  /**
   * @param {Iterable<Record<string, any>>} stats of the sending side
   * @param {number} now ms
   * @returns {boolean} false: it has reported before and is silent now
   */
  beats(stats, now) {
    const report = latestReport(stats);
    if (report !== null && report !== this.lastReport) {
      this.lastReport = report;
      this.heardAt = now;
    }
    return this.lastReport === null || now - this.heardAt < SILENT_MS;
  }
}

/** @param {Iterable<Record<string, any>>} stats @returns {number | null} */
function latestReport(stats) {
  let latest = null;
  for (const row of stats) {
    if (row.type === "remote-inbound-rtp" && (latest === null || row.timestamp > latest)) latest = row.timestamp;
  }
  return latest;
}
