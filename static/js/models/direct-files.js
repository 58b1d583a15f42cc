// Files that go from device to device: offered and marked by the server, sent over the data channel once they are accepted.

import { keyOf } from "./chat.js";
import { DirectChannel } from "./direct-channel.js";
import { HEAD, PIECE } from "./direct-limits.js";
import { IncomingFile } from "./incoming-file.js";
import { Sha256 } from "./sha256.js";

/** @import {Direct, Entry} from "./chat.js" */
/** @import {Channel} from "./direct-channel.js" */

const READ = 16 * PIECE;
const OVER = new Set(["declined", "arrived", "failed"]);

/**
 * @typedef {object} Transfer
 * @property {string} key of the message
 * @property {number} seq of the message, 0 before it has one
 * @property {boolean} mine
 * @property {Direct["state"]} state as this page knows it; it may be over here before the server says so
 * @property {File | null} file that we send
 * @property {IncomingFile | null} incoming from our yes on
 * @property {Blob | null} blob what has arrived
 * @property {number} share 0 to 1
 */
/**
 * @typedef {object} DirectOptions
 * @property {(type: string, fields: Record<string, unknown>) => Promise<any>} request says in which call
 * @property {() => boolean} allowed whether the call is a direct one
 * @property {(message: Record<string, any>) => void} learn tells the chat what the server has answered
 * @property {() => void} changed
 * @property {(transfer: Transfer) => void} progressed by a hundredth
 * @property {() => string} [makeId]
 */

export class DirectFiles {
  /** @param {DirectOptions} options */
  constructor({ request, allowed, learn, changed, progressed, makeId = () => crypto.randomUUID() }) {
    this.request = request;
    this.allowed = allowed;
    this.learn = learn;
    this.changed = changed;
    this.progressed = progressed;
    this.makeId = makeId;
    this.channel = new DirectChannel({
      ready: () => this.changed(),
      piece: (seq, index, bytes) => this.#piece(seq, index, bytes),
      gone: () => this.#gone(),
    });
    /** @type {Map<string, Transfer>} by their message's key */
    this.transfers = new Map();
    /** @type {Set<number>} messages of which we have said that they failed */
    this.givenUp = new Set();
  }

  get possible() {
    return this.channel.ready && this.allowed();
  }

  /** @param {Channel | null} channel */
  use(channel) {
    this.channel.use(channel);
  }

  /** @param {Entry} entry */
  transferOf(entry) {
    return this.transfers.get(keyOf(entry)) ?? null;
  }

  /**
   * Rejects with an error that has a code.
   * @param {File} file
   * @param {(share: number) => boolean} reading how much has been read; false: forget it
   */
  async offer(file, reading) {
    const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
    const hash = await hashOf(file, reading);
    if (hash === null) return;
    if (!this.possible) throw new Gone();
    const clientId = this.makeId();
    const key = keyOf({ mine: true, clientId, author: { id: "", name: "" } });
    // Before the server answers: whoever looks at the message then finds it here.
    this.transfers.set(key, { key, seq: 0, mine: true, state: "offered", file, incoming: null, blob: null, share: 0 });
    try {
      const { message } = await this.request("offer-file", { clientId, name: file.name, size: file.size, sha256: hash, head: base64(head) });
      /** @type {Transfer} */ (this.transfers.get(key)).seq = message.seq;
      this.learn({ type: "message-received", message });
    } catch (error) {
      this.transfers.delete(key);
      throw error;
    }
  }

  /** @param {Entry} entry */
  async accept({ direct, seq, ...entry }) {
    const transfer = this.transfers.get(keyOf(entry));
    if (!transfer || !direct || transfer.incoming || transfer.state !== "offered") return;
    transfer.incoming = new IncomingFile(direct); // the first bytes may be here before the answer is
    const state = await this.#mark(Number(seq), "accepted");
    if (state !== "accepted" && transfer.state === "offered" && transfer.incoming.received === 0) transfer.incoming = null;
    this.changed();
  }

  /** @param {Entry} entry */
  async decline({ seq }) {
    await this.#mark(Number(seq), "declined");
  }

  /** By either side, before or while it goes. @param {Entry} entry */
  stop(entry) {
    const transfer = this.transferOf(entry);
    if (transfer) this.#end(transfer, "failed");
  }

  /** What the messages say now. @param {Entry[]} entries */
  review(entries) {
    for (const entry of entries) if (entry.direct && entry.seq !== null) this.#review(entry, entry.direct);
  }

  close() {
    this.channel.use(null);
  }

  /** @param {Entry} entry @param {Direct} direct */
  #review(entry, direct) {
    const transfer = this.transferOf(entry) ?? this.#met(entry, direct);
    if (OVER.has(direct.state)) {
      if (transfer && !OVER.has(transfer.state)) this.#over(transfer, direct.state);
    } else if (!transfer || transfer.state === "failed") {
      this.#giveUp(Number(entry.seq)); // this page has been loaded again, or has no channel
    } else if (direct.state === "accepted" && transfer.state === "offered") {
      transfer.state = "accepted";
      transfer.seq = Number(entry.seq);
      if (transfer.mine) void this.#send(transfer);
    }
  }

  /** Somebody offers us something, and it could come. @param {Entry} entry @param {Direct} direct @returns {Transfer | null} */
  #met(entry, { state }) {
    if (entry.mine || state !== "offered" || !this.possible) return null;
    const key = keyOf(entry);
    /** @type {Transfer} */
    const transfer = { key, seq: Number(entry.seq), mine: false, state, file: null, incoming: null, blob: null, share: 0 };
    this.transfers.set(key, transfer);
    return transfer;
  }

  /** @param {Transfer} transfer */
  async #send(transfer) {
    const file = /** @type {File} */ (transfer.file);
    try {
      for (let from = 0; from < file.size; from += READ) {
        const bytes = new Uint8Array(await file.slice(from, from + READ).arrayBuffer());
        for (let at = 0; at < bytes.length; at += PIECE) {
          if (transfer.state !== "accepted") return;
          const sent = await this.channel.send(transfer.seq, (from + at) / PIECE, bytes.subarray(at, at + PIECE));
          if (!sent) return;
          this.#share(transfer, Math.min(from + at + PIECE, file.size) / file.size);
        }
      }
    } catch {
      this.#end(transfer, "failed"); // the file is gone from the device, or was changed
    }
  }

  /** @param {number} seq @param {number} index @param {Uint8Array<ArrayBuffer>} bytes */
  #piece(seq, index, bytes) {
    const transfer = [...this.transfers.values()].find((each) => each.seq === seq && each.incoming && !OVER.has(each.state));
    const { incoming } = transfer ?? {};
    if (!transfer || !incoming) return;
    const came = incoming.take(index, bytes);
    if (came === "wrong") return this.#end(transfer, "failed");
    this.#share(transfer, incoming.received / incoming.size);
    if (came !== "whole") return;
    transfer.blob = incoming.blob;
    this.#end(transfer, "arrived");
  }

  #gone() {
    for (const transfer of this.transfers.values()) if (!OVER.has(transfer.state) && transfer.seq) this.#end(transfer, "failed");
    this.changed();
  }

  /** By us: the server is told. @param {Transfer} transfer @param {"arrived" | "failed"} state */
  #end(transfer, state) {
    this.#over(transfer, state);
    if (state === "failed") this.#giveUp(transfer.seq);
    else void this.#mark(transfer.seq, state);
    this.changed();
  }

  /** @param {Transfer} transfer @param {Direct["state"]} state */
  #over(transfer, state) {
    transfer.state = state;
    transfer.incoming = null;
    if (state === "arrived") transfer.file = null;
  }

  /** Once, and again only if it could not be said. @param {number} seq */
  #giveUp(seq) {
    if (this.givenUp.has(seq)) return;
    this.givenUp.add(seq);
    void this.#mark(seq, "failed").then((state) => state ?? this.givenUp.delete(seq));
  }

  /** @param {number} seq @param {string} mark @returns {Promise<Direct["state"] | null>} what is in force; null: the server was not reached */
  async #mark(seq, mark) {
    try {
      const { state } = await this.request("mark-file", { seq, mark });
      this.learn({ type: "file-marked", seq, state });
      return state;
    } catch {
      return null;
    }
  }

  /** @param {Transfer} transfer @param {number} share */
  #share(transfer, share) {
    const moved = Math.floor(share * 100) !== Math.floor(transfer.share * 100);
    transfer.share = share;
    if (moved) this.progressed(transfer);
  }
}

/** The channel went while the file was read. */
class Gone extends Error {
  code = "gone";
}

/** @param {File} file @param {(share: number) => boolean} reading @returns {Promise<string | null>} null: it is not wanted any more */
async function hashOf(file, reading) {
  const hash = new Sha256();
  for (let from = 0; from < file.size; from += READ) {
    hash.update(new Uint8Array(await file.slice(from, from + READ).arrayBuffer()));
    if (!reading(Math.min(1, (from + READ) / file.size))) return null;
  }
  return hash.digest();
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
