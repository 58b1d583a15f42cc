// How somebody wants captions to look, remembered on this device.

const KEY = "captions";
export const SIZES = 4;

export class Reading {
  /** @param {Pick<Storage, "getItem" | "setItem"> | null} storage null where the browser keeps nothing */
  constructor(storage) {
    this.storage = storage;
    const { size, contrast } = this.#kept();
    this.size = Number.isInteger(size) && size >= 1 && size <= SIZES ? size : 2;
    this.contrast = contrast === true;
  }

  /** @param {number} by +1 or -1 */
  resize(by) {
    this.size = Math.min(SIZES, Math.max(1, this.size + by));
    this.#keep();
  }

  toggleContrast() {
    this.contrast = !this.contrast;
    this.#keep();
  }

  /** @returns {Record<string, any>} */
  #kept() {
    try {
      return JSON.parse(this.storage?.getItem(KEY) ?? "{}") ?? {};
    } catch {
      return {}; // of another version, or storage is forbidden
    }
  }

  #keep() {
    try {
      this.storage?.setItem(KEY, JSON.stringify({ size: this.size, contrast: this.contrast }));
    } catch {
      // Full or forbidden: it lasts as long as the page.
    }
  }
}
