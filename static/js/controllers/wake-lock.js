// The screen stays on while someone waits or talks; the browser gives the lock back whenever the page is hidden.

export class WakeLock {
  constructor() {
    this.wanted = false;
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
    document.addEventListener("visibilitychange", () => void this.#take());
  }

  /** @param {boolean} wanted */
  keep(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    if (wanted) void this.#take();
    else void this.lock?.release().catch(() => undefined);
  }

  async #take() {
    if (!this.wanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    this.lock = await navigator.wakeLock.request("screen").catch(() => null); // refused when the battery is low
  }
}
