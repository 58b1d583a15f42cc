// How a file looks that goes from device to device: the question to its sender, and its message on both sides.

import { fromTemplate, one, say } from "../helpers/page.js";
import { fill } from "../helpers/text.js";
import { sizeText } from "../models/file-transfer.js";

/** @import {Direct, Entry} from "../models/chat.js" */
/** @import {DirectFiles, Transfer} from "../models/direct-files.js" */
/** @import {Choice, FileChoices} from "../models/file-choices.js" */

const REVOKE_MS = 60_000;
const TOLD_PERCENT = 25;
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const REASONS = { too_large: "directTooLarge", empty: "fileEmpty", type_refused: "fileType" };
const WORDS = {
  mine: { offered: "directWaiting", accepted: "directGoing", arrived: "directDone", declined: "directDeclined", failed: "directFailed" },
  theirs: { offered: "directOffered", accepted: "directGoing", arrived: "directDone", declined: "directNotTaken", failed: "directFailed" },
};

export class DirectLines {
  /**
   * @param {object} options
   * @param {DirectFiles} options.direct
   * @param {FileChoices} options.choices
   * @param {Record<string, string>} options.strings
   */
  constructor({ direct, choices, strings }) {
    this.direct = direct;
    this.choices = choices;
    this.strings = strings;
    /** @type {Map<string, HTMLElement>} what shows how far each transfer is */
    this.parts = new Map();
    /** @type {Map<string, string>} addresses of pictures that have arrived */
    this.pictures = new Map();
  }

  /** @returns {HTMLElement[]} the files whose sender is being asked */
  lines() {
    return [...this.choices.choices.values()].map((choice) => this.#line(choice));
  }

  /** What the part of a message depends on. @param {Entry} entry */
  sign(entry) {
    const transfer = this.direct.transferOf(entry);
    return entry.direct ? [entry.direct.state, transfer?.state, Boolean(transfer?.incoming), Boolean(transfer?.blob), Boolean(transfer?.file)] : null;
  }

  /** @param {Entry} entry @param {Direct} direct */
  part(entry, direct) {
    const part = fromTemplate("[data-direct-template]");
    const transfer = this.direct.transferOf(entry);
    // Over here may be told before the server has said so.
    const state = transfer?.state === "failed" || transfer?.state === "arrived" ? transfer.state : direct.state;
    part.dataset.fileState = state;
    say("strong", direct.name, part);
    say("[data-file-size]", sizeText(direct.size), part);
    const saved = state === "arrived" && transfer?.blob;
    say("[data-file-told]", this.strings[saved ? "directSave" : WORDS[entry.mine ? "mine" : "theirs"][state]] ?? "", part);
    this.#buttons(part, entry, { ...direct, state }, transfer);
    if (saved && PICTURES.has(direct.contentType)) this.#picture(part, direct, transfer);
    if (transfer && state === "accepted") this.#follow(part, transfer, direct.name);
    return part;
  }

  /** @param {Transfer} transfer */
  progress({ key, share }) {
    const part = this.parts.get(key);
    if (!part) return;
    const percent = Math.floor(share * 100);
    /** @type {HTMLProgressElement} */ (one("progress", part)).value = percent;
    say("[data-file-percent]", `${percent} %`, part);
    // Read aloud by quarters, not by hundredths.
    if (percent % TOLD_PERCENT === 0) say("[data-file-quarter]", `${percent} %`, part);
  }

  close() {
    for (const address of this.pictures.values()) URL.revokeObjectURL(address);
    this.pictures.clear();
    this.parts.clear();
  }

  /** @param {Choice} choice */
  #line(choice) {
    const { id, file, state, share, reason = "" } = choice;
    const row = fromTemplate("[data-choice-template]");
    const fits = this.choices.fitsOffice(file);
    const word = { choosing: fits ? "directChoose" : "directOnly", reading: "directReading", failed: REASONS[/** @type {keyof typeof REASONS} */ (reason)] ?? "directNotOffered" }[state];
    say("strong", file.name, row);
    say(".meta", fill(this.strings[word] ?? "", { size: sizeText(file.size), percent: Math.round(share * 100) }), row);
    row.toggleAttribute("data-failed", state === "failed");
    const hopeless = state === "failed" && reason in REASONS;
    this.#button(row, "[data-file-office]", state !== "reading" && fits && !hopeless, () => this.choices.office(id));
    this.#button(row, "[data-file-direct]", state !== "reading" && !hopeless, () => void this.choices.direct(id));
    this.#button(row, "[data-cancel]", true, () => this.choices.drop(id));
    return row;
  }

  /** @param {HTMLElement} part @param {Entry} entry @param {Direct} direct @param {Transfer | null} transfer */
  #buttons(part, entry, { state, name, size }, transfer) {
    const here = transfer !== null && transfer.state !== "failed";
    const asked = here && !entry.mine && state === "offered";
    const going = here && (state === "accepted" || (entry.mine && state === "offered"));
    const { blob = null, file = null } = transfer ?? {};
    const again = file && state === "failed" && this.choices.fitsOffice(file);
    this.#button(part, "[data-file-accept]", asked && !transfer.incoming, () => void this.direct.accept(entry));
    this.#button(part, "[data-file-decline]", asked && !transfer.incoming, () => void this.direct.decline(entry));
    this.#button(part, "[data-file-stop]", going, () => this.direct.stop(entry));
    this.#button(part, "[data-file-save]", blob !== null, () => save(/** @type {Blob} */ (blob), name));
    this.#button(part, "[data-file-again]", Boolean(again), () => this.#byOffice(/** @type {Transfer} */ (transfer)));
    for (const button of part.querySelectorAll("button")) button.setAttribute("aria-description", `${name}, ${sizeText(size)}`);
  }

  /** @param {Transfer} transfer */
  #byOffice(transfer) {
    const { file } = transfer;
    transfer.file = null; // the button has been pressed
    if (file) this.choices.send([file]);
    this.direct.changed();
  }

  /** @param {HTMLElement} within @param {string} selector @param {boolean} shown @param {() => void} act */
  #button(within, selector, shown, act) {
    const button = one(selector, within);
    button.hidden = !shown;
    button.addEventListener("click", act);
  }

  /** @param {HTMLElement} part @param {Direct} direct @param {Transfer} transfer */
  #picture(part, { name }, { key, blob }) {
    const image = /** @type {HTMLImageElement} */ (one("img", part));
    const address = this.pictures.get(key) ?? URL.createObjectURL(/** @type {Blob} */ (blob));
    this.pictures.set(key, address);
    image.src = address;
    image.alt = name;
    image.hidden = false;
  }

  /** @param {HTMLElement} part @param {Transfer} transfer @param {string} name */
  #follow(part, transfer, name) {
    const bar = one("progress", part);
    bar.hidden = false;
    bar.setAttribute("aria-label", name);
    this.parts.set(transfer.key, part);
    this.progress(transfer);
  }
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), REVOKE_MS);
}
