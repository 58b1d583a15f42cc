// SHA-256 (FIPS 180-4) of what comes piece by piece: `crypto.subtle` wants a whole file in memory.

const PRIMES = firstPrimes(64);
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const BLOCK = 64;

export class Sha256 {
  constructor() {
    this.state = START.slice();
    this.words = new Int32Array(64);
    /** What does not fill a block yet. */
    this.rest = new Uint8Array(BLOCK);
    this.kept = 0;
    this.bytes = 0;
  }

  /** @param {Uint8Array} data @returns {this} */
  update(data) {
    this.bytes += data.length;
    let at = 0;
    if (this.kept) {
      at = Math.min(BLOCK - this.kept, data.length);
      this.rest.set(data.subarray(0, at), this.kept);
      this.kept += at;
      if (this.kept < BLOCK) return this;
      this.#block(this.rest, 0);
    }
    for (; at + BLOCK <= data.length; at += BLOCK) this.#block(data, at);
    this.rest.set(data.subarray(at));
    this.kept = data.length - at;
    return this;
  }

  /** Nothing can be added afterwards. @returns {string} 64 hexadecimal digits */
  digest() {
    const bits = this.bytes * 8;
    const end = new Uint8Array(this.kept < 56 ? BLOCK - this.kept : 2 * BLOCK - this.kept);
    end[0] = 0x80;
    const view = new DataView(end.buffer);
    view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(end.length - 4, bits % 2 ** 32);
    this.update(end);
    return [...this.state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** @param {Uint8Array} data @param {number} from */
  #block(data, from) {
    const { words, state } = this;
    for (let i = 0, at = from; i < 16; i += 1, at += 4) words[i] = (nth(data, at) << 24) | (nth(data, at + 1) << 16) | (nth(data, at + 2) << 8) | nth(data, at + 3);
    for (let i = 16; i < 64; i += 1) words[i] = (small1(nth(words, i - 2)) + nth(words, i - 7) + small0(nth(words, i - 15)) + nth(words, i - 16)) | 0;
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + nth(K, i) + nth(words, i)) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      // One by one: a destructuring swap is several times slower here.
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    const sums = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i += 1) state[i] = nth(state, i) + nth(sums, i);
  }
}

/** @param {Uint8Array} data */
export function sha256(data) {
  return new Sha256().update(data).digest();
}

/** @param {ArrayLike<number>} numbers @param {number} i */
function nth(numbers, i) {
  return /** @type {number} */ (numbers[i]);
}

/** @param {number} word @param {number} by */
function turn(word, by) {
  return (word >>> by) | (word << (32 - by));
}

/** @param {number} word */
function small0(word) {
  return turn(word, 7) ^ turn(word, 18) ^ (word >>> 3);
}

/** @param {number} word */
function small1(word) {
  return turn(word, 17) ^ turn(word, 19) ^ (word >>> 10);
}

/** The first 32 bits behind the point. @param {number} number */
function fraction(number) {
  return Math.floor((number % 1) * 2 ** 32) | 0;
}

/** @param {number} count */
function firstPrimes(count) {
  /** @type {number[]} */
  const found = [];
  for (let each = 2; found.length < count; each += 1) if (found.every((prime) => each % prime !== 0)) found.push(each);
  return found;
}
