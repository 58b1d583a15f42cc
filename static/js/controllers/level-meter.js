// How loud a side is, as a row of lamps.

import { fill } from "../helpers/text.js";

const FRAME_MS = 100;
/** From silence to as loud as speech gets, in dBFS. */
const [QUIET_DB, LOUD_DB] = [-60, -12];

export class LevelMeter {
  /**
   * @param {HTMLElement} element the svg with a `.fill`
   * @param {string} label with {percent}, for those who do not see it
   */
  constructor(element, label) {
    this.element = element;
    this.label = label;
    this.bar = /** @type {Element} */ (element.querySelector(".fill"));
    /** @type {any} */
    this.timer = null;
    this.#draw(0);
  }

  /** @param {AudioContext} context @param {MediaStreamTrack} track */
  watch(context, track) {
    this.stop();
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    const analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0 });
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#draw(percent(samples));
    }, FRAME_MS);
    this.disconnect = () => source.disconnect();
  }

  stop() {
    clearInterval(this.timer);
    this.disconnect?.();
    this.disconnect = undefined;
    this.#draw(0);
  }

  /** @param {number} value */
  #draw(value) {
    this.bar.setAttribute("width", String(value));
    this.element.setAttribute("aria-label", fill(this.label, { percent: value }));
  }
}

/** @param {Float32Array} samples */
export function percent(samples) {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const db = 10 * Math.log10(power / samples.length + 1e-12);
  return Math.round(100 * Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB))));
}
