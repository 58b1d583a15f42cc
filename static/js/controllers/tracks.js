// The recording: two sides drawn and played together.

import { all, one } from "../helpers/page.js";
import { clock } from "../helpers/text.js";
import { TwoTracks } from "../models/two-tracks.js";

export class Tracks {
  /**
   * @param {HTMLElement} root [data-tracks]
   * @param {(ms: number) => void} onTime
   */
  constructor(root, onTime) {
    this.root = root;
    this.onTime = onTime;
    this.lengthMs = Number(root.dataset["length"]);
    const sounds = /** @type {HTMLAudioElement[]} */ (all("[data-track]", root));
    this.player = new TwoTracks(sounds);
    this.seekBar = /** @type {HTMLInputElement} */ (one("[data-seek]", root));
    this.playButton = one("[data-play]", root);
    this.#wire(sounds);
  }

  /** @param {number} ms */
  async hear(ms) {
    this.player.seek(ms / 1000);
    if (!this.player.playing) await this.#play();
    this.#show();
  }

  /** @param {HTMLAudioElement[]} sounds */
  #wire(sounds) {
    this.playButton.addEventListener("click", () => void this.toggle());
    this.seekBar.addEventListener("input", () => this.#seek(Number(this.seekBar.value)));
    for (const button of all("[data-skip]", this.root)) {
      button.addEventListener("click", () => this.#seek(this.player.now * 1000 + Number(button.dataset["skip"])));
    }
    for (const wave of all("[data-wave]", this.root)) {
      wave.addEventListener("click", (event) => {
        const box = wave.getBoundingClientRect();
        this.#seek(((event.clientX - box.left) / box.width) * this.lengthMs);
      });
    }
    const now = one("[data-speed-now]", this.root);
    one("[data-speed]", this.root).addEventListener("click", () => (now.textContent = `${this.player.faster()}×`));
    for (const sound of sounds) sound.addEventListener("error", () => this.#cannotPlay());
  }

  async toggle() {
    if (this.player.playing) this.player.pause();
    else await this.#play();
    this.#show();
  }

  async #play() {
    try {
      const started = this.player.play();
      this.#draw();
      await started;
    } catch {
      this.#cannotPlay();
    }
  }

  #cannotPlay() {
    one("[data-sound-error]", this.root).hidden = false;
  }

  /** @param {number} ms */
  #seek(ms) {
    this.player.seek(ms / 1000);
    this.#show();
  }

  #draw() {
    this.player.follow();
    this.#show();
    if (this.player.playing) requestAnimationFrame(() => this.#draw());
  }

  #show() {
    const ms = this.player.now * 1000;
    const share = Math.min(1, ms / this.lengthMs);
    for (const wave of all("[data-wave]", this.root)) {
      const width = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (wave)).viewBox.baseVal.width * share;
      wave.querySelector("[data-heard]")?.setAttribute("width", String(width));
      wave.querySelector("[data-head]")?.setAttribute("d", `M${width} 0v56`);
    }
    this.seekBar.value = String(Math.round(ms));
    this.seekBar.setAttribute("aria-valuetext", clock(ms));
    one("[data-now-at]", this.root).textContent = clock(ms);
    const { playing } = this.player;
    this.playButton.querySelector("[data-i]")?.setAttribute("data-i", playing ? "pause" : "play");
    this.playButton.setAttribute("aria-label", this.playButton.dataset[playing ? "labelPause" : "labelPlay"] ?? "");
    this.onTime(ms);
  }
}
