// Opening the unmasked recording: a reason first, then a player that is gone with its dialog.

import { one } from "../helpers/page.js";

export class Original {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {Iterable<HTMLElement>} buttons one for each side
   */
  constructor(dialog, buttons) {
    this.dialog = dialog;
    this.form = /** @type {HTMLFormElement} */ (one("form", dialog));
    this.player = one("[data-original-player]", dialog);
    this.sound = /** @type {HTMLAudioElement} */ (one("audio", dialog));
    for (const button of buttons) button.addEventListener("click", () => this.#ask(button));
    for (const button of dialog.querySelectorAll("[data-original-close]"))
      button.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => this.#forget());
    window.addEventListener("pagehide", () => dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#open();
    });
  }

  /** @param {HTMLElement} button */
  #ask(button) {
    this.form.reset();
    const side = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("participant"));
    side.value = button.dataset["participant"] ?? "";
    this.#refuse("");
    this.#show(false);
    this.dialog.showModal();
  }

  async #open() {
    try {
      const response = await fetch(this.dialog.dataset["url"] ?? "", { method: "POST", body: new FormData(this.form) });
      const answer = await response.json();
      if (!response.ok) {
        this.#refuse(answer.message);
        return;
      }
      if (!this.dialog.open) return; // closed while it was asked for
      one("[data-original-until]", this.dialog).textContent = answer.until;
      this.sound.src = answer.url;
      this.#show(true);
    } catch {
      this.#refuse(this.dialog.dataset["failed"] ?? "");
    }
  }

  /** @param {boolean} open */
  #show(open) {
    this.form.hidden = open;
    this.player.hidden = !open;
  }

  #forget() {
    this.sound.pause();
    this.sound.removeAttribute("src");
    this.sound.load();
  }

  /** @param {string} text */
  #refuse(text) {
    const error = one("[data-original-error]", this.dialog);
    error.textContent = text;
    error.hidden = !text;
  }
}
