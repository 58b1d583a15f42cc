// "Show me the product": the agent asks, the customer says yes or no, and either of them ends it.
// The camera opens after the yes of a person, never on a message.

/** @typedef {"off" | "asking" | "asked" | "opening" | "shown"} ShownState */
/**
 * @typedef {object} ShownEvents
 * @property {(step: "ask" | "accept" | "decline" | "stop") => void} tell the other side
 * @property {(track: MediaStreamTrack | null) => unknown} send our camera, or no more of it
 * @property {() => void} changed
 * @property {(why: "declined" | "stopped") => void} [ended] by the other side
 */

export class ShownPicture {
  /**
   * @param {object} options
   * @param {() => Promise<MediaStreamTrack>} options.open our camera; throws CaptureRefused
   * @param {() => void} options.close
   * @param {ShownEvents} options.on
   */
  constructor({ open, close, on }) {
    this.open = open;
    this.close = close;
    this.on = on;
    /** @type {ShownState} */
    this.state = "off";
    /** @type {MediaStreamTrack | null} what is shown, ours or theirs */
    this.track = null;
  }

  /** The agent would like to see something. */
  ask() {
    if (this.state !== "off") return;
    this.on.tell("ask");
    this.#become("asking");
  }

  /** The customer is willing. Throws CaptureRefused. */
  async accept() {
    if (this.state !== "asked") return;
    this.#become("opening");
    try {
      const track = await this.open();
      if (!this.#opening) return this.close(); // taken back meanwhile
      this.track = track;
    } catch (error) {
      this.decline();
      throw error;
    }
    void this.on.send(this.track);
    this.on.tell("accept");
    this.#become("shown");
  }

  decline() {
    this.on.tell("decline");
    this.#off();
  }

  stop() {
    if (this.state === "off") return;
    this.on.tell("stop");
    this.#off();
  }

  /** The call is over: nothing is shown any more, and nobody is to be told. */
  end() {
    this.#off();
  }

  /** @param {import("./wire.js").Message} message of the other side @param {"agent" | "customer"} role ours */
  receive({ step }, role) {
    if (step === "ask" && role === "customer" && this.state === "off") return this.#become("asked");
    if ((step === "stop" || step === "decline") && this.state !== "off") {
      this.#off();
      this.on.ended?.(step === "stop" ? "stopped" : "declined");
    }
  }

  /** Their camera, as it comes; null: it has ended. @param {MediaStreamTrack | null} track */
  comes(track) {
    this.track = track;
    this.#become(track ? "shown" : "off");
  }

  get #opening() {
    return this.state === "opening";
  }

  #off() {
    if (this.state === "shown" || this.state === "opening") {
      void this.on.send(null);
      this.close();
    }
    this.track = null;
    this.#become("off");
  }

  /** @param {ShownState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.changed();
  }
}
