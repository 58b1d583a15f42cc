// Captions on the page: who, what, and a mask where a word is not shown.

import { fromTemplate, one } from "../helpers/page.js";
import { clock } from "../helpers/text.js";
import { pieces } from "../models/captions.js";

/** @import {CallModel} from "../models/call-model.js" */
/** @import {Caption} from "../models/wire.js" */

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
  }

  /** @param {Caption} caption */
  add(caption) {
    const change = this.model.log.add(caption);
    if (!change) return;
    const follow = this.#atEnd();
    for (const old of change.removed) this.#remove(old);
    const element = this.#element(caption);
    this.elements.set(caption, element);
    this.list.insertBefore(element, change.before ? (this.elements.get(change.before) ?? null) : null);
    this.#markPast();
    if (follow) this.stage.scrollTop = this.stage.scrollHeight;
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

  /** @param {Caption} caption */
  #element(caption) {
    const element = fromTemplate("[data-caption-template]");
    const mine = caption.role === this.model.role;
    element.dataset.from = caption.role === "customer" ? "customer" : "agent";
    element.toggleAttribute("data-mine", mine);
    const who = one(".who", element);
    const word = mine ? this.strings.mine : this.strings[element.dataset.from];
    (who.querySelector("span") ?? who).textContent = word ?? "";
    const time = who.querySelector("time");
    if (time) time.textContent = clock(caption.startMs);
    one(".said", element).append(...pieces(caption.text, caption.masks ?? []).map(rendered));
    return element;
  }
}

/** @param {{text: string, masked: boolean}} piece */
function rendered(piece) {
  return piece.masked ? fromTemplate("[data-mask-template]") : document.createTextNode(piece.text);
}
