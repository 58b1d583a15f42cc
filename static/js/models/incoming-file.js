// A file that comes piece by piece from a page that nobody vouches for: each piece is the one that is due, and the whole is what
// was announced. Its kind was judged by the server from the first bytes; their hash says that these are the ones.

import { HEAD, PIECE } from "./direct-limits.js";
import { sha256, Sha256 } from "./sha256.js";

/** @import {Direct} from "./chat.js" */

/** Pieces are put into blobs of this size, which a browser may keep on disk. */
const HELD = 1_048_576;

export class IncomingFile {
  /** @param {Direct} direct */
  constructor({ size, sha256: wanted, headSha256, contentType }) {
    this.size = size;
    this.wanted = wanted;
    this.wantedHead = headSha256;
    // Anything but a picture is only saved: no browser is to open it as what it says it is.
    this.type = contentType.startsWith("image/") ? contentType : "application/octet-stream";
    this.received = 0;
    this.next = 0;
    this.hash = new Sha256();
    /** @type {Blob[]} */
    this.blobs = [];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.parts = [];
    this.held = 0;
  }

  /**
   * @param {number} index
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {"more" | "whole" | "wrong"} wrong: the file is over
   */
  take(index, bytes) {
    const due = Math.min(PIECE, this.size - this.received);
    if (due === 0 || index !== this.next || bytes.length !== due) return "wrong";
    if (index === 0 && sha256(bytes.subarray(0, HEAD)) !== this.wantedHead) return "wrong";
    this.next += 1;
    this.received += due;
    this.hash.update(bytes);
    this.#hold(bytes);
    if (this.received < this.size) return "more";
    return this.hash.digest() === this.wanted ? "whole" : "wrong";
  }

  get blob() {
    return new Blob([...this.blobs, ...this.parts], { type: this.type });
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  #hold(bytes) {
    this.parts.push(bytes);
    this.held += bytes.length;
    if (this.held < HELD) return;
    this.blobs.push(new Blob(this.parts));
    this.parts = [];
    this.held = 0;
  }
}
