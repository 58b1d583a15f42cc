// Looking behind a mask: a reason first, then the word for half a minute, and nothing of it stays in the page.

import { one } from "../helpers/page.js";

export class Reveal {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {HTMLElement} root where masks are
   */
  constructor(dialog, root) {
    this.dialog = dialog;
    this.form = /** @type {HTMLFormElement} */ (one("form", dialog));
    /** @type {HTMLElement | null} */
    this.button = null;
    root.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-reveal]");
      if (button) this.#ask(/** @type {HTMLElement} */ (button));
    });
    one("[data-reveal-cancel]", dialog).addEventListener("click", () => dialog.close());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#show();
    });
  }

  /** @param {HTMLElement} button */
  #ask(button) {
    this.button = button;
    this.form.reset();
    this.#field("utterance").value = button.dataset["utterance"] ?? "";
    this.#field("mask").value = button.dataset["index"] ?? "";
    one("[data-reveal-at]", this.dialog).textContent = button.dataset["at"] ?? "";
    this.#refuse("");
    this.dialog.showModal();
  }

  async #show() {
    const button = this.button;
    if (!button) return;
    try {
      const response = await fetch(this.dialog.dataset["url"] ?? "", { method: "POST", body: new FormData(this.form) });
      const answer = await response.json();
      if (!response.ok) {
        this.#refuse(answer.message);
        return;
      }
      this.dialog.close();
      open(button, answer.word, answer.seconds * 1000);
    } catch {
      this.#refuse(this.dialog.dataset["failed"] ?? "");
    }
  }

  /** @param {string} text */
  #refuse(text) {
    const error = one("[data-reveal-error]", this.dialog);
    error.textContent = text;
    error.hidden = !text;
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }
}

/**
 * @param {HTMLElement} button stands right after its mask
 * @param {string} word
 * @param {number} ms
 */
function open(button, word, ms) {
  const mask = button.previousElementSibling;
  if (!mask) return;
  const covered = [...mask.childNodes];
  const shown = document.createElement("span");
  shown.className = "open";
  shown.setAttribute("role", "status");
  shown.textContent = word;
  mask.replaceChildren(shown);
  button.hidden = true;
  const cover = () => {
    mask.replaceChildren(...covered);
    button.hidden = false;
    window.removeEventListener("pagehide", cover);
  };
  window.setTimeout(cover, ms);
  window.addEventListener("pagehide", cover); // a page kept for the back button must not keep the word
}
