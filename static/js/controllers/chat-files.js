// Files of the chat: fetched with the page's own right, shown small, shown large, saved.

import { one } from "../helpers/page.js";

/** @import {Attachment} from "../models/chat.js" */

export class ChatFiles {
  /** @param {() => Promise<string>} authorization the header that says who asks */
  constructor(authorization) {
    this.authorization = authorization;
    /** @type {Map<string, Promise<string>>} addresses of what was fetched, by address on the server */
    this.fetched = new Map();
  }

  /** @param {Attachment} attachment @returns {Promise<string>} an address that an image may have */
  preview({ url }) {
    return this.#fetch(`${url}?preview=1`);
  }

  /** @param {Attachment} attachment */
  async show(attachment) {
    const dialog = /** @type {HTMLDialogElement} */ (one("[data-picture-dialog]"));
    const image = /** @type {HTMLImageElement} */ (one("[data-picture-large]", dialog));
    const save = /** @type {HTMLAnchorElement} */ (one("[data-picture-save]", dialog));
    image.src = save.href = await this.preview(attachment);
    image.alt = save.download = attachment.name;
    dialog.showModal();
  }

  /** @param {Attachment} attachment */
  async save({ url, name }) {
    const anchor = document.createElement("a");
    anchor.href = await this.#fetch(url);
    anchor.download = name;
    anchor.click();
  }

  close() {
    for (const address of this.fetched.values()) void address.then((each) => URL.revokeObjectURL(each)).catch(() => undefined);
    this.fetched.clear();
  }

  /** @param {string} url */
  #fetch(url) {
    const known = this.fetched.get(url);
    if (known) return known;
    const address = this.#get(url);
    this.fetched.set(url, address);
    address.catch(() => this.fetched.delete(url));
    return address;
  }

  /** @param {string} url */
  async #get(url) {
    const response = await fetch(url, { headers: { authorization: await this.authorization() } });
    if (!response.ok) throw new Error(String(response.status));
    return URL.createObjectURL(await response.blob());
  }
}
