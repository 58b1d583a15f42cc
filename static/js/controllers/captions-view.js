// Captions on the page: who, what, and a mask where a word is not shown.

import { fromTemplate, one } from "../helpers/page.js";
import { clock } from "../helpers/text.js";
import { pieces } from "../models/captions.js";
import { kindName } from "../models/kinds.js";
import { Partials } from "../models/partials.js";

/** @import {CallModel} from "../models/call-model.js" */
/** @import {Caption, Gap, Message, Partial} from "../models/wire.js" */

/** A partial that nothing followed is taken away: its signal is lost. */
const PARTIAL_MS = 8000;

export class CaptionsView {
  /**
   * @param {CallModel} model
   * @param {Record<string, string>} strings
   */
  constructor(model, strings) {
    this.model = model;
    this.strings = strings;
    this.list = one("[data-captions]");
    this.stage = one("[data-stage]");
    this.list.replaceChildren();
    /** @type {Map<Caption, HTMLElement>} */
    this.elements = new Map();
    this.partials = new Partials();
    /** @type {Map<string, {element: HTMLElement, timer: ReturnType<typeof setTimeout>}>} by peer */
    this.grey = new Map();
    this.latest = one("[data-latest]");
    this.latest.onclick = () => this.#toEnd(); // not addEventListener: the desk makes a new view for each call
    this.following = true;
    this.stage.onscroll = () => this.#look();
    this.resizer = new ResizeObserver(() => this.#settle(this.following)); // a banner comes, a phone is turned, words grow
    for (const element of [this.stage, this.list]) this.resizer.observe(element);
  }

  /** What is shown stays; nothing is watched any more. */
  close() {
    this.resizer.disconnect();
  }

  /**
   * @param {Message} message
   * @returns {boolean} whether it was for the captions
   */
  receive(message) {
    const take = /** @type {Record<string, (m: any) => void>} */ ({
      caption: (m) => this.add(m),
      "caption-partial": (m) => this.partial(m),
      "caption-gap": (m) => this.gap(m),
    })[message.type];
    take?.(message);
    return take !== undefined;
  }

  /** @param {Partial} partial */
  partial(partial) {
    if (!this.partials.take(partial)) return;
    const follow = this.following;
    this.#dropGrey(partial.peerId);
    if (partial.text) {
      const element = this.#element(partial);
      element.dataset.partial = "";
      element.setAttribute("aria-hidden", "true"); // read aloud once, when it is finished
      this.list.append(element);
      const timer = setTimeout(() => this.#dropGrey(partial.peerId), PARTIAL_MS);
      this.grey.set(partial.peerId, { element, timer });
    }
    this.#settle(follow);
  }

  /** @param {Gap} gap */
  gap(gap) {
    const follow = this.following;
    if (this.partials.finish(gap)) this.#dropGrey(gap.peerId);
    const element = this.#element({ ...gap, text: this.strings.gap ?? "", masks: [] });
    element.dataset.gap = "";
    this.list.insertBefore(element, this.#firstAfter(gap.startMs));
    this.#settle(follow);
  }

  clearPartials() {
    this.partials.clear();
    for (const peerId of [...this.grey.keys()]) this.#dropGrey(peerId);
  }

  /** @param {Caption} caption */
  add(caption) {
    const change = this.model.log.add(caption);
    if (!change) return;
    const follow = this.following;
    if (this.partials.finish(caption)) this.#dropGrey(caption.peerId);
    for (const old of change.removed) this.#remove(old);
    const element = this.#element(caption);
    this.elements.set(caption, element);
    this.list.insertBefore(element, this.#firstAfter(caption.startMs));
    this.#settle(follow);
  }

  /** @param {number} startMs @returns {Element | null} what was said later, or is being said */
  #firstAfter(startMs) {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.children]);
    return rows.find((row) => row.dataset.partial !== undefined || Number(row.dataset.at) > startMs) ?? null;
  }

  /** @param {string} peerId */
  #dropGrey(peerId) {
    const grey = this.grey.get(peerId);
    clearTimeout(grey?.timer);
    grey?.element.remove();
    this.grey.delete(peerId);
  }

  /** @param {boolean} follow the newest words were in sight before */
  #settle(follow) {
    this.#markPast();
    if (follow) this.#toEnd();
    this.#look();
  }

  #look() {
    this.latest.hidden = this.following = this.#atEnd();
  }

  #toEnd() {
    this.stage.scrollTop = this.stage.scrollHeight;
  }

  /** @param {Caption} caption */
  #remove(caption) {
    this.elements.get(caption)?.remove();
    this.elements.delete(caption);
  }

  #atEnd() {
    return this.stage.scrollHeight - this.stage.scrollTop - this.stage.clientHeight < 80;
  }

  /** The last words stand out. */
  #markPast() {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.children]);
    rows.forEach((row, at) => row.toggleAttribute("data-past", at < rows.length - 1));
  }

  /** @param {Caption | Partial} caption */
  #element(caption) {
    const element = fromTemplate("[data-caption-template]");
    const mine = caption.peerId === this.model.peerId;
    element.dataset.from = caption.role === "customer" ? "customer" : "agent";
    element.toggleAttribute("data-mine", mine);
    element.dataset.at = String(caption.startMs);
    if (caption.language) element.lang = caption.language;
    const who = one(".who", element);
    const word = mine ? this.strings.mine : this.strings[caption.role === "assistant" ? "assistant" : element.dataset.from];
    (who.querySelector("span") ?? who).textContent = (!mine && this.model.agentName(caption.peerId)) || (word ?? "");
    const time = who.querySelector("time");
    if (time) time.textContent = clock(caption.startMs);
    one(".said", element).append(...pieces(caption.text, caption.masks ?? []).map((piece) => this.#rendered(piece)));
    return element;
  }

  /** @param {{text: string, masked: boolean, kind?: string}} piece */
  #rendered({ text, masked, kind }) {
    if (!masked) return document.createTextNode(text);
    const name = kindName(kind ?? "profanity", this.strings);
    if (!name) return fromTemplate("[data-mask-template]");
    const chip = fromTemplate("[data-kind-template]");
    chip.append(name);
    return chip;
  }
}
