// Waits that grow, with jitter, so that a thousand pages do not come back in the same instant.

export class Backoff {
  /** @param {{firstMs?: number, mostMs?: number, random?: () => number}} [options] */
  constructor({ firstMs = 500, mostMs = 10_000, random = Math.random } = {}) {
    this.firstMs = firstMs;
    this.mostMs = mostMs;
    this.random = random;
    this.attempt = 0;
  }

  /** The next wait in ms: half of it certain, half by chance. */
  next() {
    const whole = Math.min(this.mostMs, this.firstMs * 2 ** this.attempt);
    this.attempt += 1;
    return whole / 2 + (this.random() * whole) / 2;
  }

  reset() {
    this.attempt = 0;
  }
}
