// The keyboard on the page of one call: what the buttons do, without reaching for them.

const TYPING = "input, textarea, select, [contenteditable]";
/** Here the space bar presses what has the focus. */
const PRESSED = "button, a, summary";

/** What each key presses; a key is `event.key`. */
const PRESSES = new Map([
  [" ", "[data-play]"],
  ["?", "[data-keys]"],
  ["ArrowLeft", '[data-skip="-10000"]'],
  ["ArrowRight", '[data-skip="10000"]'],
]);

export class RecordKeys {
  /** @param {{ step: (by: number) => void }} transcript */
  constructor(transcript) {
    this.transcript = transcript;
    const help = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-keys-dialog]"));
    document.querySelector("[data-keys]")?.addEventListener("click", () => help?.showModal());
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (target.closest(TYPING) || (event.key === " " && target.closest(PRESSED))) return;
    if (this.#does(event.key)) event.preventDefault();
  }

  /** @param {string} key @returns {boolean} whether the key means something here */
  #does(key) {
    const button = PRESSES.get(key);
    if (button) /** @type {HTMLElement | null} */ (document.querySelector(button))?.click();
    else if (key === "j" || key === "k") this.transcript.step(key === "j" ? 1 : -1);
    else if (key === "/") /** @type {HTMLElement | null} */ (document.querySelector("[data-find]"))?.focus();
    else return false;
    return true;
  }
}
