// What staff pages ask the server for: a token for the socket and the API, and the API itself.

import { Refusal } from "../models/socket.js";

const HELD_MS = 30_000;

export class Api {
  /** @param {{tokenUrl?: string, loginUrl?: string}} config */
  constructor({ tokenUrl = "", loginUrl = "/" }) {
    this.tokenUrl = tokenUrl;
    this.loginUrl = loginUrl;
    this.heldUntil = 0;
    /** @type {Promise<string>} */
    this.held = Promise.resolve("");
  }

  /** A token that is half a minute old at most; who is logged out is sent to the log-in. @returns {Promise<string>} */
  token() {
    if (Date.now() < this.heldUntil) return this.held;
    this.heldUntil = Date.now() + HELD_MS;
    this.held = this.#fresh();
    this.held.catch(() => (this.heldUntil = 0));
    return this.held;
  }

  async authorization() {
    return `Bearer ${await this.token()}`;
  }

  async #fresh() {
    const response = await fetch(this.tokenUrl, { headers: { accept: "application/json" } }).catch(() => null);
    if (response?.status === 401) location.assign(this.loginUrl);
    if (!response?.ok) throw new Refusal("offline");
    return (await response.json()).token;
  }

  /**
   * The data of the answer. Rejects with a Refusal.
   * @param {string} method
   * @param {string} path
   * @param {Record<string, unknown>} [body]
   * @returns {Promise<any>}
   */
  async ask(method, path, body) {
    const headers = { authorization: await this.authorization(), "content-type": "application/json", accept: "application/json" };
    const options = body ? { method, headers, body: JSON.stringify(body) } : { method, headers };
    const response = await fetch(path, options).catch(() => null);
    if (!response) throw new Refusal("offline");
    const { data, error } = await response.json().catch(() => ({}));
    if (!response.ok || !data) throw new Refusal(error?.code ?? "internal", error?.message);
    return data;
  }
}
