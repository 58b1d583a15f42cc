// The data channel beside the sound of a direct call: numbered pieces of files, no faster than they leave.
// How a file is agreed on goes by the server (docs/websocket.md); what comes here from a hostile page is dropped or ends its file.

export const CHANNEL = { label: "files", options: { negotiated: true, id: 1 } };
const HEADER = 8;
/** Bytes that may wait in the browser; below LOW it asks for more. */
const HIGH = 1_048_576;
const LOW = 262_144;
const HELLO = "hello";

/** The part of RTCDataChannel that is used. @typedef {Pick<RTCDataChannel, "send" | "readyState" | "bufferedAmount" | "bufferedAmountLowThreshold" | "binaryType"> & EventTarget} Channel */
/**
 * @typedef {object} ChannelEvents
 * @property {() => void} ready the other page has it too
 * @property {(seq: number, index: number, bytes: Uint8Array<ArrayBuffer>) => void} piece
 * @property {() => void} gone
 */

export class DirectChannel {
  /** @param {ChannelEvents} on */
  constructor(on) {
    this.on = on;
    /** @type {Channel | null} */
    this.channel = null;
    /** The other page has said hello: without, our bytes would go to nobody. */
    this.heard = false;
    this.left = new AbortController();
    /** @type {(() => void)[]} who waits until there is room */
    this.waiting = [];
  }

  get ready() {
    return this.heard && this.channel?.readyState === "open";
  }

  /** The channel of a new connection takes the place of the old one's. @param {Channel | null} channel */
  use(channel) {
    const before = this.channel;
    if (channel === before) return;
    this.left.abort();
    this.left = new AbortController();
    this.channel = channel;
    this.heard = false;
    if (channel) this.#wire(channel);
    this.#wake();
    if (before) this.on.gone();
  }

  /**
   * Waits while too much is on its way.
   * @param {number} seq number of the message that tells of the file
   * @param {number} index
   * @param {Uint8Array} bytes at most PIECE
   * @returns {Promise<boolean>} false: the channel is gone
   */
  async send(seq, index, bytes) {
    const { channel } = this;
    while (channel && channel === this.channel && channel.bufferedAmount > HIGH) await new Promise((resolve) => this.waiting.push(() => resolve(null)));
    if (!channel || channel !== this.channel || !this.ready) return false;
    const frame = new Uint8Array(HEADER + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, seq);
    view.setUint32(4, index);
    frame.set(bytes, HEADER);
    return this.#tell(frame);
  }

  /** @param {Channel} channel */
  #wire(channel) {
    const { signal } = this.left;
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = LOW;
    channel.addEventListener("open", () => this.#tell(HELLO), { signal });
    channel.addEventListener("message", (event) => this.#take(/** @type {MessageEvent} */ (event).data), { signal });
    channel.addEventListener("bufferedamountlow", () => this.#wake(), { signal });
    channel.addEventListener("close", () => this.use(null), { signal });
    if (channel.readyState === "open") this.#tell(HELLO);
  }

  /** @param {unknown} data */
  #take(data) {
    if (data === HELLO && !this.heard) {
      this.heard = true;
      this.#tell(HELLO); // our first may have come before there was anybody
      this.on.ready();
    }
    if (!(data instanceof ArrayBuffer) || data.byteLength < HEADER) return;
    const view = new DataView(data);
    this.on.piece(view.getUint32(0), view.getUint32(4), new Uint8Array(data, HEADER));
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  #tell(data) {
    try {
      this.channel?.send(/** @type {any} */ (data));
      return true;
    } catch {
      this.use(null); // it closed in this moment
      return false;
    }
  }

  #wake() {
    for (const go of this.waiting.splice(0)) go();
  }
}
