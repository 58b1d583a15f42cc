// The media path is lost: ICE restarts first, then new transports, then a new socket. Ten tries or more in a minute.

import { Backoff } from "./backoff.js";

/** @typedef {"ice" | "transport" | "socket"} Step */
/** @typedef {{state: "fine"} | {state: "recovering", attempt: number, step: Step} | {state: "failed"}} Recovery */

export const MOST_TRIES = 12;
/** The first tries of each kind; from then on the next kind. */
const ICE_TRIES = 3;
const TRANSPORT_TRIES = 6;

/** @param {number} attempt from 1 @returns {Step} */
export function stepOf(attempt) {
  if (attempt <= ICE_TRIES) return "ice";
  return attempt <= ICE_TRIES + TRANSPORT_TRIES ? "transport" : "socket";
}

export class Reconnect {
  /**
   * @param {object} options
   * @param {Record<Step, () => unknown>} options.steps
   * @param {(recovery: Recovery) => void} options.on
   * @param {() => number} [options.random]
   */
  constructor({ steps, on, random = Math.random }) {
    this.steps = steps;
    this.on = on;
    // At most 1 + 2 + 4 + 9 * 5 s: twelve tries fit into a minute even when chance is against us.
    this.backoff = new Backoff({ firstMs: 1_000, mostMs: 5_000, random });
    this.attempt = 0;
    this.stopped = false;
    /** @type {any} */
    this.timer = null;
    /** @type {Recovery} */
    this.recovery = { state: "fine" };
  }

  /** Sound is missing. Said again while recovering it changes nothing. */
  lost() {
    if (this.stopped || this.recovery.state === "recovering") return;
    this.attempt = 0;
    this.backoff.reset();
    this.#try();
  }

  /** It is there again. */
  found() {
    clearTimeout(this.timer);
    this.attempt = 0;
    if (this.recovery.state !== "fine") this.#become({ state: "fine" });
  }

  /** The network has changed, or the person asks: the next try now, from the gentlest step on. */
  hurry() {
    if (this.stopped || this.recovery.state === "fine") return;
    clearTimeout(this.timer);
    this.recovery = { state: "fine" };
    this.lost();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  #try() {
    if (this.attempt >= MOST_TRIES) return this.#become({ state: "failed" });
    this.attempt += 1;
    const step = stepOf(this.attempt);
    this.#become({ state: "recovering", attempt: this.attempt, step });
    void Promise.resolve()
      .then(() => this.steps[step]())
      .catch(() => undefined);
    this.timer = setTimeout(() => this.#try(), this.backoff.next());
  }

  /** @param {Recovery} recovery */
  #become(recovery) {
    this.recovery = recovery;
    this.on(recovery);
  }
}
