// The ticket: how many are ahead, about how long.

import { all, one, say, show } from "../helpers/page.js";
import { fill } from "../helpers/text.js";

/** @import {QueuePlace} from "../models/wire.js" */

export class QueueView {
  /** @param {Record<string, string>} strings */
  constructor(strings) {
    this.strings = strings;
    this.root = one("[data-on='queue']");
    this.plainTitle = document.title;
    const dialog = /** @type {HTMLDialogElement} */ (one("[data-leave-dialog]"));
    for (const button of all("[data-leave]")) button.addEventListener("click", () => dialog.showModal());
    this.dialog = dialog;
  }

  /** @param {() => void} leave */
  onLeave(leave) {
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "leave") leave();
      this.dialog.returnValue = "";
    });
  }

  /** @param {QueuePlace} place */
  draw({ position, estimateSeconds, agentsOnDuty }) {
    const { strings } = this;
    const text = position ? fill(strings.position ?? "", { count: position }) : (strings.next ?? "");
    say("[data-position]", text, this.root);
    say("[data-estimate]", this.#estimate(estimateSeconds), this.root);
    show("[data-nobody]", agentsOnDuty === 0, this.root);
    document.title = `${fill((position ? strings.titleQueue : strings.titleNext) ?? "", { count: position })} · ${this.plainTitle}`;
  }

  /** @param {boolean} online */
  link(online) {
    show("[data-link-lost]", !online, this.root);
  }

  leave() {
    if (this.dialog.open) this.dialog.close();
    document.title = this.plainTitle;
  }

  /** @param {number | null} seconds */
  #estimate(seconds) {
    if (seconds === null) return this.strings.unknown ?? "";
    if (seconds < 60) return this.strings.soon ?? "";
    return fill(this.strings.minutes ?? "", { minutes: Math.round(seconds / 60) });
  }
}
