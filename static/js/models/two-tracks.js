// Two sides of one call, played as one. No DOM: a track is anything that plays like an HTMLMediaElement.

/**
 * @typedef {object} Track
 * @property {number} currentTime seconds
 * @property {number} duration seconds; NaN until known
 * @property {number} playbackRate
 * @property {boolean} paused
 * @property {boolean} ended
 * @property {() => Promise<void>} play
 * @property {() => void} pause
 */

/** Apart by more than this (seconds) two sides of a talk sound wrong. */
const DRIFT = 0.08;
export const SPEEDS = [1, 1.25, 1.5, 2];

export class TwoTracks {
  /** @param {Track[]} tracks */
  constructor(tracks) {
    this.tracks = tracks;
    this.speed = 1;
    this.playing = false;
    /** Seconds; counts also where every track is at its end. */
    this.at = 0;
  }

  /** The track that leads: the one that goes on longest. */
  get lead() {
    return this.tracks.reduce((best, track) => (length(track) > length(best) ? track : best));
  }

  get now() {
    return this.playing ? this.lead.currentTime : this.at;
  }

  /** Rejects when the browser cannot play any track. */
  async play() {
    if (length(this.lead) - this.at < 0.05) this.seek(0);
    this.playing = true;
    const going = this.tracks.filter((track) => this.at < length(track)).map((track) => track.play());
    const results = await Promise.allSettled(going);
    if (going.length > 0 && results.every((result) => result.status === "rejected")) {
      this.pause();
      throw /** @type {PromiseRejectedResult} */ (results[0]).reason;
    }
  }

  pause() {
    this.at = this.lead.currentTime;
    this.playing = false;
    for (const track of this.tracks) track.pause();
  }

  /** @param {number} seconds */
  seek(seconds) {
    const end = length(this.lead);
    this.at = Math.max(0, Number.isFinite(end) ? Math.min(seconds, end) : seconds);
    for (const track of this.tracks) {
      track.currentTime = Math.min(this.at, length(track));
      if (!this.playing) continue;
      if (this.at >= length(track)) track.pause();
      else if (track.paused) void track.play().catch(() => {});
    }
  }

  /** @param {number} seconds */
  skip(seconds) {
    this.seek(this.now + seconds);
  }

  /** The next of SPEEDS. */
  faster() {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length] ?? 1;
    for (const track of this.tracks) track.playbackRate = this.speed;
    return this.speed;
  }

  /** Call a few times a second while playing: keeps the sides together and notices the end. */
  follow() {
    const lead = this.lead;
    if (lead.ended) {
      this.pause();
      return;
    }
    for (const track of this.tracks) {
      if (track === lead || track.ended || lead.currentTime >= length(track)) continue;
      if (Math.abs(track.currentTime - lead.currentTime) > DRIFT) track.currentTime = lead.currentTime;
    }
  }
}

/** @param {Track} track */
function length(track) {
  return Number.isNaN(track.duration) ? Infinity : track.duration;
}
