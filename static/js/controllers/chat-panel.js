// Written words on a page: in a meeting, at the agent's desk, on the customer's phone. Texts become text nodes, never markup.

import { fromTemplate, one, say } from "../helpers/page.js";
import { fill } from "../helpers/text.js";
import { pieces } from "../models/captions.js";
import { keyOf } from "../models/chat.js";
import { MOST_BYTES, sizeText } from "../models/file-transfer.js";
import { kindName } from "../models/kinds.js";
import { linked } from "../models/links.js";

/** @import {Attachment, Chat, Entry} from "../models/chat.js" */
/** @import {FileTransfer, Upload} from "../models/file-transfer.js" */
/** @import {FileChoices} from "../models/file-choices.js" */
/** @import {ChatFiles} from "./chat-files.js" */
/** @import {DirectLines} from "./direct-lines.js" */

const UPLOAD_WORDS = { too_large: "fileTooLarge", empty: "fileEmpty", type_refused: "fileType", infected: "fileInfected" };
const NAMES_SHOWN = 3;
const TYPING_TICK_MS = 1_000;

/**
 * @typedef {object} PanelOptions
 * @property {Chat} chat
 * @property {FileTransfer} transfer
 * @property {ChatFiles} files
 * @property {FileChoices} [choices] where there are two ways for a file
 * @property {DirectLines} [direct]
 * @property {Record<string, string>} strings
 * @property {string} language
 * @property {(peerId: string) => string} nameOf
 * @property {(count: number) => void} unread
 * @property {boolean} [phone] Enter breaks the line there: the button sends
 */

export class ChatPanel {
  /** @param {HTMLElement} root [data-chat] @param {PanelOptions} options */
  constructor(root, { chat, transfer, files, choices, direct, strings, language, nameOf, unread, phone = matchMedia("(pointer: coarse)").matches }) {
    this.root = root;
    this.chat = chat;
    this.transfer = transfer;
    this.files = files;
    this.taker = choices ?? transfer;
    this.direct = direct ?? null;
    this.strings = strings;
    this.nameOf = nameOf;
    this.unread = unread;
    this.phone = phone;
    this.hours = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.log = one("[data-chat-log]", root);
    this.input = /** @type {HTMLTextAreaElement} */ (one("[data-chat-text]", root));
    this.picker = /** @type {HTMLInputElement} */ (one("[data-chat-file]", root));
    /** @type {Map<string, {element: HTMLElement, sign: string}>} */
    this.rows = new Map();
    this.left = new AbortController();
    this.log.replaceChildren();
    this.#wire();
    this.ticking = setInterval(() => this.#drawTyping(), TYPING_TICK_MS);
  }

  /** The call or room is over for this page. */
  close() {
    clearInterval(this.ticking);
    this.left.abort();
    this.chat.close();
    this.files.close();
    this.direct?.close();
  }

  /** @param {boolean} visible */
  look(visible) {
    this.chat.look(visible && document.visibilityState === "visible");
    if (visible) this.#toEnd();
  }

  focus() {
    if (!this.phone) this.input.focus();
  }

  /** Whether the person may write here. @param {boolean} may */
  allow(may) {
    this.input.disabled = !may;
    /** @type {HTMLButtonElement} */ (one("[data-chat-send]", this.root)).disabled = !may;
    /** @type {HTMLButtonElement} */ (one("[data-chat-attach]", this.root)).disabled = !may;
    this.#refuse(may ? "" : (this.strings.chatForbidden ?? ""));
  }

  draw() {
    const follow = this.#atEnd();
    const { list } = this.chat;
    const keys = new Set(list.map(keyOf));
    for (const [key, { element }] of this.rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.rows.delete(key);
    }
    const lastRead = list.findLast((entry) => entry.mine && this.chat.readers(entry).length > 0);
    list.forEach((entry, at) => this.#place(entry, at, entry === lastRead));
    one("[data-chat-empty]", this.root).hidden = list.length > 0;
    one("[data-chat-earlier]", this.root).hidden = !this.chat.hasEarlier;
    this.#drawTyping();
    this.unread(this.chat.unread);
    if (follow) this.#toEnd();
  }

  drawUploads() {
    const list = one("[data-chat-uploads]", this.root);
    const focused = list.contains(document.activeElement);
    list.replaceChildren(...(this.direct?.lines() ?? []), ...[...this.transfer.uploads.values()].map((upload) => this.#upload(upload)));
    if (focused) /** @type {HTMLElement} */ (list.querySelector("button:not([hidden])") ?? one("[data-chat-attach]", this.root)).focus();
  }

  #wire() {
    const { signal } = this.left;
    const { root } = this;
    /** @type {HTMLFormElement} */ (one("[data-chat-form]", root)).addEventListener("submit", (event) => this.#submit(event), { signal });
    this.input.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.input.addEventListener("input", () => this.#typed(), { signal });
    this.input.addEventListener("paste", (event) => this.#pasted(event), { signal });
    one("[data-chat-attach]", root).addEventListener("click", () => this.picker.click(), { signal });
    this.picker.addEventListener("change", () => this.#picked(), { signal });
    one("[data-chat-earlier]", root).addEventListener("click", () => void this.chat.earlier().catch(() => undefined), { signal });
    root.addEventListener("dragover", (event) => event.preventDefault(), { signal });
    root.addEventListener("drop", (event) => this.#dropped(event), { signal });
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    this.#send();
  }

  #send() {
    if (this.input.disabled) return;
    this.chat.write(this.input.value);
    this.input.value = "";
    this.#fit();
    this.#toEnd();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation(); // letters here are no shortcuts
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || this.phone) return;
    event.preventDefault();
    this.#send();
  }

  #typed() {
    this.#fit();
    if (this.input.value.trim()) this.chat.type();
    else this.chat.stopTyping();
  }

  /** As high as its text, up to six lines. */
  #fit() {
    const lines = this.input.value.split("\n").length;
    this.input.rows = Math.min(6, Math.max(lines, Math.ceil(this.input.value.length / 40)) || 1);
  }

  #picked() {
    this.taker.add(this.picker.files ?? []);
    this.picker.value = "";
  }

  /** @param {ClipboardEvent} event a screenshot, for example */
  #pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.taker.add(files);
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    event.preventDefault();
    if (!this.input.disabled) this.taker.add(event.dataTransfer?.files ?? []);
  }

  /** @param {Entry} entry @param {number} at @param {boolean} isLastRead */
  #place(entry, at, isLastRead) {
    const key = keyOf(entry);
    const sign = JSON.stringify([entry.state, entry.reason, entry.text, entry.masks, entry.attachment?.attachmentId, this.direct?.sign(entry)]);
    let row = this.rows.get(key);
    if (row?.sign !== sign) {
      const element = this.#message(entry);
      if (row) exchange(row.element, element);
      row = { element, sign };
      this.rows.set(key, row);
    }
    const there = this.log.children[at] ?? null;
    if (there !== row.element) this.log.insertBefore(row.element, there);
    if (entry.state === "sent") this.#readLine(row.element, entry, isLastRead);
  }

  /** @param {Entry} entry */
  #message(entry) {
    const element = fromTemplate("[data-message-template]");
    element.toggleAttribute("data-mine", entry.mine);
    element.dataset.state = entry.state;
    say("[data-name]", entry.mine ? (this.strings.chatMe ?? "") : entry.author.name, element);
    say("time", this.hours.format(entry.at), element);
    const words = one(".msg", element);
    words.append(...pieces(entry.text, entry.masks).flatMap((piece) => this.#rendered(piece)));
    words.hidden = entry.text === "";
    if (entry.attachment) words.after(this.#attachment(entry.attachment));
    if (entry.direct && this.direct) words.after(this.#stayed(this.direct.part(entry, entry.direct)));
    if (entry.state === "pending") say("[data-read]", this.strings.chatSending ?? "", element);
    if (entry.state === "failed") element.append(this.#failed(entry));
    return element;
  }

  /** @param {{text: string, masked: boolean, kind?: string}} piece @returns {Node[]} */
  #rendered({ text, masked, kind }) {
    if (!masked) return linked(text).map((part) => (part.href ? link(part.text, part.href) : document.createTextNode(part.text)));
    const name = kindName(kind ?? "profanity", this.strings);
    if (!name) return [fromTemplate("[data-mask-template]")];
    const chip = fromTemplate("[data-kind-template]");
    chip.append(name);
    return [chip];
  }

  /** Under the last of our words that somebody has read, and nowhere else. @param {HTMLElement} element @param {Entry} entry @param {boolean} isLast */
  #readLine(element, entry, isLast) {
    const names = entry.mine && isLast ? this.chat.readers(entry) : [];
    const many = names.length > NAMES_SHOWN;
    const text = many ? fill(this.strings.chatReadCount ?? "", { count: names.length }) : fill(this.strings.chatReadBy ?? "", { names: names.join(", ") });
    say("[data-read]", names.length === 0 ? "" : names.every((name) => !name) ? (this.strings.chatRead ?? "") : text, element);
  }

  /** @param {Entry} entry */
  #failed(entry) {
    const part = fromTemplate("[data-failed-template]");
    const why = entry.reason === "forbidden" ? this.strings.chatForbidden : this.strings.chatFailed;
    say("[data-why]", why ?? "", part);
    one("[data-again]", part).addEventListener("click", () => this.chat.retry(entry.clientId));
    one("[data-discard]", part).addEventListener("click", () => this.chat.discard(entry.clientId));
    return part;
  }

  /** @param {Attachment} attachment */
  #attachment(attachment) {
    const { name, size, isImage } = attachment;
    if (isImage) return this.#picture(attachment);
    const button = fromTemplate("[data-attachment-template]");
    say("strong", name, button);
    say(".meta", sizeText(size), button);
    button.addEventListener("click", () => void this.files.save(attachment).catch(() => say(".meta", this.strings.fileGone ?? "", button)));
    return button;
  }

  /** @param {Attachment} attachment */
  #picture(attachment) {
    const button = fromTemplate("[data-picture-template]");
    const image = /** @type {HTMLImageElement} */ (one("img", button));
    image.alt = attachment.name;
    this.files.preview(attachment).then(
      (address) => (image.src = address),
      () => button.append(this.strings.fileGone ?? ""),
    );
    this.#stayed(button);
    button.addEventListener("click", () => void this.files.show(attachment).catch(() => undefined));
    return button;
  }

  /** Whoever was at the end stays there when the picture in it has its height. @param {HTMLElement} part */
  #stayed(part) {
    const image = /** @type {HTMLImageElement} */ (one("img", part));
    image.addEventListener("load", () => this.#atEnd(image.height + 120) && this.#toEnd());
    return part;
  }

  /** @param {Upload} upload */
  #upload({ id, name, size, share, state, reason = "" }) {
    const row = fromTemplate("[data-upload-template]");
    say("strong", name, row);
    const word = UPLOAD_WORDS[/** @type {keyof typeof UPLOAD_WORDS} */ (reason)] ?? "fileFailed";
    const template = state === "failed" ? this.strings[word] : state === "waiting" ? this.strings.fileWaiting : this.strings.fileSending;
    say(".meta", fill(template ?? "", { percent: Math.round(share * 100), size: sizeText(size) }), row);
    const bar = /** @type {HTMLProgressElement} */ (one("progress", row));
    bar.value = share * 100;
    bar.hidden = state === "failed";
    bar.setAttribute("aria-label", name);
    row.toggleAttribute("data-failed", state === "failed");
    const again = one("[data-again]", row);
    again.hidden = state !== "failed" || size > MOST_BYTES || word !== "fileFailed";
    again.addEventListener("click", () => this.transfer.retry(id));
    one("[data-cancel]", row).addEventListener("click", () => this.transfer.cancel(id));
    return row;
  }

  #drawTyping() {
    const names = this.chat.writers.map((peerId) => this.nameOf(peerId)).filter(Boolean);
    const template = names.length > 1 ? this.strings.chatTypingMany : this.strings.chatTyping;
    say("[data-chat-typing]", names.length ? fill(template ?? "", { names: names.join(", ") }) : "", this.root);
  }

  /** @param {string} text */
  #refuse(text) {
    const line = one("[data-chat-refused]", this.root);
    line.textContent = text;
    line.hidden = text === "";
  }

  /** @param {number} [slack] px */
  #atEnd(slack = 80) {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < slack;
  }

  #toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** Whoever has pressed a button in the old row goes on in the new one. @param {HTMLElement} old @param {HTMLElement} now */
function exchange(old, now) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(now);
  if (focused) /** @type {HTMLElement | null} */ (now.querySelector("button:not([hidden])"))?.focus();
}

/** @param {string} text @param {string} href */
function link(text, href) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  anchor.append(text);
  return anchor;
}
