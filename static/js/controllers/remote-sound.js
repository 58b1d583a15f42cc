// The other side's voice in the page's audio element, which a browser may hold back until a tap.

import { all, one } from "../helpers/page.js";

export class RemoteSound {
  constructor() {
    this.element = /** @type {HTMLAudioElement} */ (one("audio[data-remote-audio]"));
    /** @type {(blocked: boolean) => void} */
    this.onBlocked = () => undefined;
    for (const button of all("[data-play]")) button.addEventListener("click", () => void this.play());
  }

  /** @param {MediaStreamTrack} track */
  hear(track) {
    this.element.srcObject = new MediaStream([track]);
    void this.play();
  }

  async play() {
    try {
      await this.element.play();
      this.onBlocked(false);
    } catch (error) {
      // AbortError: another track came in between and plays itself.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.onBlocked(true);
    }
  }

  stop() {
    this.element.srcObject = null;
  }
}
