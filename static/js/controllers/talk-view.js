// What both sides see while they talk: time, quality, mute, and what is wrong just now.

import { all, one, say, show } from "../helpers/page.js";
import { clock, fill } from "../helpers/text.js";

/** @import {CallModel} from "../models/call-model.js" */
/** @import {Quality} from "../models/quality.js" */

/** @typedef {{mediaFlows: boolean, online: boolean, soundBlocked: boolean, microphone: boolean}} Trouble */

/** Why there are no captions: no speech model on this server; nothing has been heard yet, so nobody knows. */
const [NO_MODEL, NOT_STARTED] = ["no_model", "not_started"];

export class TalkView {
  /**
   * @param {object} options
   * @param {HTMLElement} options.root the section that holds the call
   * @param {Record<string, string>} options.strings
   * @param {Record<Quality["word"], string>} options.qualityWords
   * @param {number} options.skewMs the server's clock minus ours
   */
  constructor({ root, strings, qualityWords, skewMs }) {
    this.root = root;
    this.strings = strings;
    this.qualityWords = qualityWords;
    this.skewMs = skewMs;
  }

  /** @param {CallModel} model */
  tick(model) {
    const since = model.connectedAt;
    say("[data-clock]", clock(since === null ? 0 : Date.now() + this.skewMs - since), this.root);
  }

  /** @param {CallModel} model @param {Trouble} trouble */
  draw(model, trouble) {
    const begun = model.status === "IN_PROGRESS";
    this.#over("connecting", !begun || (!trouble.mediaFlows && !this.#wasFlowing));
    this.#over("media", this.#wasFlowing && !trouble.mediaFlows);
    this.#over("link", !trouble.online && trouble.mediaFlows);
    this.#over("sound", trouble.soundBlocked);
    this.#over("peer", model.other?.connected === false);
    this.#over("captions", begun && !model.captions.available && model.captions.reason !== NOT_STARTED);
    this.#over("rough", begun && model.captions.available && model.captions.rough);
    this.#over("delayed", begun && model.captions.available && model.captions.delayed);
    this.#over("recording", model.recording === "interrupted");
    const names = model.listeners.map(({ name }) => name).join(", ");
    show("[data-listening]", names !== "", this.root);
    if (names) say("[data-listening-names]", fill(this.strings.listens ?? "", { names }), this.root);
    const noModel = model.captions.reason === NO_MODEL;
    show("[data-captions-model]", noModel, this.root);
    show("[data-captions-other]", !noModel, this.root);
    if (trouble.mediaFlows) this.#wasFlowing = true;
  }

  #wasFlowing = false;

  /** A new call. */
  reset() {
    this.#wasFlowing = false;
    this.quality({ level: 4, word: "good", rttMs: null, lossPercent: 0 });
    this.muted(false);
  }

  /** @param {Quality} quality */
  quality({ level, word }) {
    one(".signal", this.root).dataset.level = String(level);
    one("[data-net]", this.root).toggleAttribute("data-bad", level < 3);
    say("[data-net-word]", this.qualityWords[word], this.root);
  }

  /** @param {boolean} muted */
  muted(muted) {
    for (const button of all("[data-mute]", this.root)) {
      button.setAttribute("aria-pressed", String(muted));
      one(".icon", button).dataset.i = muted ? "mic-off" : "mic";
      say("span", (muted ? this.strings.muted : this.strings.mute) ?? "", button);
    }
  }

  /** @param {string} name @param {boolean} visible */
  #over(name, visible) {
    show(`[data-over-${name}]`, visible, this.root);
  }
}
