// The others' voices, an audio element for each; a browser may hold them back until a tap.

import { all, one } from "../helpers/page.js";

export class RemoteSound {
  constructor() {
    /** The page's own element serves the first voice; others get elements beside it. */
    this.element = /** @type {HTMLAudioElement} */ (one("audio[data-remote-audio]"));
    /** @type {Map<string, HTMLAudioElement>} */
    this.elements = new Map();
    /** @type {(blocked: boolean) => void} */
    this.onBlocked = () => undefined;
    for (const button of all("[data-play]")) button.addEventListener("click", () => void this.play());
  }

  /** @param {MediaStreamTrack} track @param {string} key whose */
  hear(track, key) {
    const element = this.elements.get(key) ?? this.#make(key);
    element.srcObject = new MediaStream([track]);
    void this.play();
  }

  /** @param {string} key */
  drop(key) {
    const element = this.elements.get(key);
    if (!element) return;
    element.srcObject = null;
    this.elements.delete(key);
    if (element !== this.element) element.remove();
  }

  async play() {
    const played = await Promise.allSettled([...this.elements.values()].map((element) => element.play()));
    // AbortError: another track came in between and plays itself.
    this.onBlocked(played.some((one) => one.status === "rejected" && one.reason instanceof DOMException && one.reason.name === "NotAllowedError"));
  }

  /** From which loudspeaker. @param {string} deviceId */
  async from(deviceId) {
    await Promise.all([...new Set([this.element, ...this.elements.values()])].map((element) => element.setSinkId(deviceId)));
  }

  stop() {
    for (const key of [...this.elements.keys()]) this.drop(key);
  }

  /** @param {string} key */
  #make(key) {
    const taken = [...this.elements.values()].includes(this.element);
    const element = taken ? this.#beside() : this.element;
    this.elements.set(key, element);
    return element;
  }

  #beside() {
    const element = document.createElement("audio");
    element.autoplay = true;
    if (this.element.sinkId) void element.setSinkId(this.element.sinkId).catch(() => undefined);
    this.element.after(element);
    return element;
  }
}
