// The page's signaling socket: requests with answers, events, and coming back after a loss.

import { Backoff } from "./backoff.js";

/** @import {Message} from "./wire.js" */

const PING_MS = 8_000;
const ANSWER_MS = 10_000;
/** Closings after which coming back is of no use: log-in refused, right withdrawn, replaced by a newer page. */
const FINAL = new Set([4401, 4403, 4409]);

/** The server said no, or was out of reach (`offline`, `timeout`). */
export class Refusal extends Error {
  /** @param {string} code @param {string} [message] */
  constructor(code, message = code) {
    super(message);
    this.code = code;
  }
}

/**
 * @typedef {object} SocketEvents
 * @property {(message: Message) => void} message
 * @property {(state: "connecting" | "online" | "offline") => void} state
 * @property {(code: number) => void} closed a final closing
 */
/** @typedef {{resolve: (data: any) => void, reject: (error: Error) => void, answer: string | undefined, timer: any}} Pending */

export class Signaling {
  /**
   * @param {object} options
   * @param {string} options.url
   * @param {(signaling: Signaling) => Promise<void>} options.hello logs in or joins; runs on every new connection
   * @param {SocketEvents} options.on
   * @param {(url: string) => WebSocket} [options.connect]
   * @param {Backoff} [options.backoff]
   * @param {number} [options.pingMs] how often the page says that it lives
   * @param {number} [options.patienceMs] how long it waits for a socket to open, and for the answer to a ping
   */
  constructor({ url, hello, on, connect = (address) => new WebSocket(address), backoff = new Backoff(), pingMs = PING_MS, patienceMs = PING_MS }) {
    this.url = url;
    this.hello = hello;
    this.on = on;
    this.connect = connect;
    this.backoff = backoff;
    this.pingMs = pingMs;
    this.patienceMs = patienceMs;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.online = false;
    this.stopped = false;
    this.lastId = 0;
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    /** @type {any} */
    this.pingTimer = null;
    /** @type {any} */
    this.retryTimer = null;
    /** @type {any} */
    this.openTimer = null;
  }

  start() {
    clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.on.state("connecting");
    const socket = this.connect(this.url);
    this.socket = socket;
    // Where packets vanish nothing says so: the browser itself would wait for minutes.
    this.openTimer = setTimeout(() => this.#closed(socket, 1006), this.patienceMs);
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", ({ data }) => this.#received(socket, data));
    socket.addEventListener("close", ({ code }) => this.#closed(socket, code));
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    clearTimeout(this.openTimer);
    this.socket?.close(1000);
  }

  /** The network is back, or the page is looked at again: do not wait for the next attempt. */
  hurry() {
    if (this.retryTimer !== null && !this.stopped) this.start();
    else if (this.online) this.#ping();
  }

  /** Leave this socket for a new one: the way to the server may have changed under it. */
  renew() {
    if (this.stopped) return;
    const socket = this.socket;
    if (socket) this.#closed(socket, 1006);
    this.hurry();
  }

  /**
   * Ask and wait for the answer. Rejects with a Refusal.
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   * @param {{answer?: string, timeoutMs?: number}} [options] `answer`: the type that answers instead of an ack
   * @returns {Promise<any>}
   */
  request(type, fields = {}, { answer, timeoutMs = ANSWER_MS } = {}) {
    const socket = this.socket;
    if (socket?.readyState !== 1) return Promise.reject(new Refusal("offline"));
    const id = (this.lastId += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new Refusal("timeout")), timeoutMs);
      this.pending.set(id, { resolve, reject, answer, timer });
      socket.send(JSON.stringify({ ...fields, type, id }));
    });
  }

  /**
   * Say something that is worthless later; nothing happens while the socket is away.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   */
  tell(type, fields) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify({ ...fields, type }));
  }

  /** @param {WebSocket} socket */
  async #opened(socket) {
    if (socket === this.socket) clearTimeout(this.openTimer);
    try {
      await this.hello(this);
    } catch (error) {
      if (socket === this.socket) this.#helloFailed(socket, error);
      return;
    }
    if (socket !== this.socket) return;
    this.online = true;
    this.backoff.reset();
    this.on.state("online");
    this.pingTimer = setInterval(() => this.#ping(), this.pingMs);
  }

  /** @param {WebSocket} socket @param {unknown} error */
  #helloFailed(socket, error) {
    const refused = error instanceof Refusal && ["token_invalid", "not_found", "forbidden"].includes(error.code);
    if (refused) this.#ended(4401);
    socket.close(1000);
  }

  #ping() {
    const socket = this.socket;
    this.request("ping", {}, { timeoutMs: this.patienceMs }).catch((error) => {
      // A socket that the network has forgotten stays open for minutes; nobody answers on it.
      if (error.code === "timeout" && socket === this.socket) this.#closed(/** @type {WebSocket} */ (socket), 1006);
    });
  }

  /** @param {WebSocket} socket @param {unknown} data */
  #received(socket, data) {
    if (socket !== this.socket || typeof data !== "string") return;
    /** @type {Message} */
    const message = JSON.parse(data);
    const pending = this.#settle(message.id ?? this.#waitingFor(message));
    if (message.type === "ack") return pending?.resolve(message.data ?? {});
    if (message.type === "error" && pending) return pending.reject(new Refusal(message.code, message.message));
    pending?.resolve(message);
    this.on.message(message);
  }

  /** @param {Message} message @returns {number | undefined} */
  #waitingFor(message) {
    for (const [id, { answer }] of this.pending) if (answer === message.type) return id;
    return undefined;
  }

  /** @param {number | undefined} id */
  #settle(id) {
    const pending = id === undefined ? undefined : this.pending.get(id);
    if (pending && id !== undefined) {
      clearTimeout(pending.timer);
      this.pending.delete(id);
    }
    return pending;
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.online = false;
    clearTimeout(this.openTimer);
    clearInterval(this.pingTimer);
    socket.close();
    for (const id of [...this.pending.keys()]) this.#settle(id)?.reject(new Refusal("offline"));
    if (FINAL.has(code)) return this.#ended(code);
    if (this.stopped) return;
    this.on.state("offline");
    this.retryTimer = setTimeout(() => this.start(), this.backoff.next());
  }

  /** @param {number} code */
  #ended(code) {
    if (this.stopped) return;
    this.stopped = true;
    this.on.closed(code);
  }
}
