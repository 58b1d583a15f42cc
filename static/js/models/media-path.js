// Which way the sound goes: direct first; through the media server when that does not come about in time.

/** @typedef {"direct" | "relayed"} Path */

/** A connection that stood before is given longer: ICE restarts take a moment. */
const LOST_MS = 8_000;

export class MediaPath {
  /**
   * @param {object} options
   * @param {number} options.timeoutMs how long a first connection may take
   * @param {() => void} options.giveUp asks for the relayed path
   */
  constructor({ timeoutMs, giveUp }) {
    this.timeoutMs = timeoutMs;
    this.giveUp = giveUp;
    /** @type {Path} */
    this.path = "direct";
    this.stood = false;
    /** @type {any} */
    this.timer = null;
  }

  /** Both sides have each other's description: the clock runs. */
  negotiated() {
    if (!this.stood) this.#wait(this.timeoutMs);
  }

  /** @param {RTCPeerConnectionState} state of the direct connection */
  directIs(state) {
    if (state === "connected") {
      this.stood = true;
      this.#stop();
    }
    if (state === "disconnected" || state === "failed") this.#wait(this.stood ? LOST_MS : this.timeoutMs);
  }

  relayed() {
    this.path = "relayed";
    this.#stop();
  }

  close() {
    this.#stop();
  }

  /** @param {number} ms */
  #wait(ms) {
    if (this.timer !== null || this.path === "relayed") return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.giveUp();
    }, ms);
  }

  #stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
