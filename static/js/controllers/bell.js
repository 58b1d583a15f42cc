// Sounds made by the page itself: a bell for offers, a chime when the customer's turn has come.

const RING = [
  { at: 0, hz: 660 },
  { at: 0.18, hz: 880 },
];
const CHIME = [
  { at: 0, hz: 523 },
  { at: 0.15, hz: 659 },
  { at: 0.3, hz: 784 },
];
const RING_EVERY_MS = 2_000;

export class Bell {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {any} */
    this.timer = null;
  }

  /** Browsers let a page sound only after a tap or a key. */
  get allowed() {
    return this.#context()?.state === "running";
  }

  /** Call from a click. */
  async allow() {
    await this.#context()?.resume().catch(() => undefined);
    return this.allowed;
  }

  ring() {
    if (this.timer !== null) return;
    this.#play(RING);
    this.timer = setInterval(() => this.#play(RING), RING_EVERY_MS);
  }

  silence() {
    clearInterval(this.timer);
    this.timer = null;
  }

  chime() {
    this.#play(CHIME);
    navigator.vibrate?.([200, 100, 200]);
  }

  #context() {
    if (!this.context && "AudioContext" in globalThis) this.context = new AudioContext();
    return this.context;
  }

  /** @param {{at: number, hz: number}[]} notes */
  #play(notes) {
    const context = this.#context();
    if (!context) return;
    if (context.state === "suspended") context.resume().catch(() => undefined);
    for (const { at, hz } of notes) strike(context, context.currentTime + at, hz);
  }
}

/** @param {AudioContext} context @param {number} at seconds @param {number} hz */
function strike(context, at, hz) {
  const tone = new OscillatorNode(context, { frequency: hz, type: "sine" });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.55);
}
