// Who is in, and what the host may do.

import { all, fromTemplate, one, say } from "../helpers/page.js";
import { avatar, fill } from "../helpers/text.js";

/** @import {RoomSession} from "./room-session.js" */
/** @import {Member} from "../models/room-model.js" */

/** @typedef {"mute" | "host" | "remove"} Act */

const REQUESTS = { mute: "mute-peer", host: "hand-over-host", remove: "remove-peer" };

export class RoomPeople {
  /**
   * @param {object} options
   * @param {RoomSession} options.session
   * @param {Record<string, string>} options.strings
   * @param {(error: unknown) => void} options.refused
   */
  constructor({ session, strings, refused }) {
    this.session = session;
    this.strings = strings;
    this.refused = refused;
    this.list = one("ul[data-people]");
    this.list.replaceChildren();
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    document.addEventListener("click", ({ target }) => {
      const inside = /** @type {Element} */ (target).closest?.("[data-host-menu]");
      for (const menu of all("[data-host-menu]", this.list)) if (menu !== inside) toggle(menu, false);
    });
  }

  draw() {
    const { model } = this.session;
    const people = [...model.members.values()];
    say("[data-people-count]", fill(this.strings.people ?? "", { count: people.length }));
    say("[data-tab='people']", fill(this.strings.peopleTab ?? "", { count: people.length }));
    for (const [peerId, row] of this.rows) {
      if (model.members.has(peerId)) continue;
      row.remove();
      this.rows.delete(peerId);
    }
    people.forEach((member, at) => this.#row(member, at));
  }

  /** @param {Member} member @param {number} at */
  #row(member, at) {
    const { model } = this.session;
    const row = this.rows.get(member.peerId) ?? this.#make(member);
    const there = this.list.children[at] ?? null;
    if (there !== row) this.list.insertBefore(row, there);
    const mine = member.peerId === model.peerId;
    say("[data-name]", mine ? fill(this.strings.me ?? "", { name: member.name }) : member.name, row);
    const role = member.role === "host" ? this.strings.hostWord : "";
    say("[data-role]", member.connected ? (role ?? "") : (this.strings.away ?? ""), row);
    one("[data-hand]", row).hidden = member.handRaisedAt === null;
    one("[data-muted]", row).hidden = !member.muted;
    one("[data-host-menu]", row).hidden = mine || !model.isHost;
    one("[data-act='mute']", row).hidden = member.muted;
  }

  /** @param {Member} member */
  #make({ peerId, name }) {
    const row = fromTemplate("[data-person-template]");
    say(".avatar", avatar(name), row);
    const menu = one("[data-host-menu]", row);
    const button = one("[data-host-button]", menu);
    say(".sr", name, button);
    button.addEventListener("click", () => toggle(menu, Boolean(one(".menu", menu).hidden)));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      toggle(menu, false);
      button.focus();
    });
    for (const item of all("[data-act]", menu)) {
      item.addEventListener("click", () => {
        toggle(menu, false);
        void this.#act(/** @type {Act} */ (item.dataset.act), peerId, name);
      });
    }
    this.rows.set(peerId, row);
    return row;
  }

  /** @param {Act} act @param {string} peerId @param {string} name */
  async #act(act, peerId, name) {
    if (act !== "mute" && !(await this.#sure(act, name))) return;
    await this.session.ask(REQUESTS[act], { peerId }).catch((error) => this.refused(error));
  }

  /** What cannot be taken back is asked once more. @param {"host" | "remove"} act @param {string} name @returns {Promise<boolean>} */
  #sure(act, name) {
    const dialog = /** @type {HTMLDialogElement} */ (one("[data-sheet='sure']"));
    const words = act === "host" ? ["handOver", "handOverText"] : ["remove", "removeText"];
    say("[data-sure-title]", fill(this.strings[words[0] ?? ""] ?? "", { name }), dialog);
    say("[data-sure-text]", this.strings[words[1] ?? ""] ?? "", dialog);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }
}

/** @param {HTMLElement} menu [data-host-menu] @param {boolean} open */
function toggle(menu, open) {
  one(".menu", menu).hidden = !open;
  one("[data-host-button]", menu).setAttribute("aria-expanded", String(open));
}
