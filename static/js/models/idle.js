// Nobody has touched the page for a while. Touches come by the hundred: one timer looks, however many there are.

export const IDLE_MS = 300_000;

export class Idle {
  /**
   * @param {(away: boolean) => void} changed
   * @param {number} [afterMs]
   */
  constructor(changed, afterMs = IDLE_MS) {
    this.changed = changed;
    this.afterMs = afterMs;
    this.away = false;
    this.touchedAt = Date.now();
    this.#lookIn(afterMs);
  }

  /** @param {number} [now] ms */
  touched(now = Date.now()) {
    this.touchedAt = now;
    if (!this.away) return;
    this.away = false;
    this.#lookIn(this.afterMs);
    this.changed(false);
  }

  /** @param {number} ms */
  #lookIn(ms) {
    setTimeout(() => this.#look(), ms);
  }

  #look() {
    const left = this.touchedAt + this.afterMs - Date.now();
    if (left > 0) return this.#lookIn(left);
    this.away = true;
    this.changed(true);
  }
}
