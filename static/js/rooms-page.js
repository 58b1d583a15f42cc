// The list of rooms: who is in, how colleagues are, a new room, and a meeting that starts meanwhile.

import { awayWhenIdle } from "./controllers/idle-watch.js";
import { wireMenus } from "./controllers/menu.js";
import { drawPresence } from "./controllers/presence-view.js";
import { toast, toastMeeting } from "./controllers/toasts.js";
import { Api } from "./helpers/api.js";
import { all, mark, one, pageConfig, say, socketUrl } from "./helpers/page.js";
import { fill } from "./helpers/text.js";
import { Presence } from "./models/presence.js";
import { Signaling } from "./models/socket.js";

/** @import {Message} from "./models/wire.js" */

const NO_ROOM = "00000000-0000-0000-0000-000000000000";
const LOOK_MS = 15_000;
const NAMES_SHOWN = 4;

class RoomsPage {
  constructor() {
    this.config = /** @type {import("./controllers/room-session.js").RoomConfig} */ (/** @type {unknown} */ (pageConfig()));
    this.strings = this.config.strings;
    this.api = new Api(this.config);
    this.presence = new Presence();
    this.kind = "meeting";
    this.dialog = /** @type {HTMLDialogElement} */ (one("[data-create-dialog]"));
    this.signaling = new Signaling({
      url: socketUrl(this.config.socketPath),
      hello: (signaling) => this.#hello(signaling),
      on: { message: (message) => this.#receive(message), state: (state) => mark("link", state), closed: () => undefined },
    });
    this.stillAway = awayWhenIdle(this.signaling);
  }

  start() {
    wireMenus();
    for (const button of all("[data-create]")) button.addEventListener("click", () => this.#ask(button.dataset.create ?? "meeting"));
    one("[data-create-form]").addEventListener("submit", (event) => void this.#create(event));
    one("[data-cancel]", this.dialog).addEventListener("click", () => this.dialog.close());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.#lookIn());
    drawPresence(this.presence, this.strings);
    this.signaling.start();
    void this.#lookIn();
    setInterval(() => document.visibilityState === "visible" && void this.#lookIn(), LOOK_MS);
  }

  /** @param {Signaling} signaling */
  async #hello(signaling) {
    await signaling.request("login", { token: await this.api.token() }, { answer: "authenticated" });
    this.presence.open(await signaling.request("watch-presence"));
    this.stillAway();
    drawPresence(this.presence, this.strings);
  }

  /** @param {Message} message */
  #receive(message) {
    if (this.presence.apply(message)) drawPresence(this.presence, this.strings);
    if (message.type !== "meeting-started") return;
    toastMeeting(message, this.strings, this.config.roomUrl);
    void this.#lookIn();
  }

  /** Who is in, room by room. */
  async #lookIn() {
    for (const row of all("[data-room-row]")) {
      const status = await this.api.ask("GET", `${this.config.roomsUrl}/${row.dataset.roomRow}/status`).catch(() => null);
      if (status) this.#drawRoom(row, status.present);
    }
  }

  /** @param {HTMLElement} row @param {{name: string}[]} present */
  #drawRoom(row, present) {
    const names = present.slice(0, NAMES_SHOWN).map(({ name }) => name).join(", ");
    const text = present.length ? fill(this.strings.present ?? "", { names, count: present.length }) : this.strings.empty;
    say("[data-present]", text ?? "", row);
    one("[data-running]", row).hidden = present.length === 0;
    row.toggleAttribute("data-live", present.length > 0);
  }

  /** @param {string} kind */
  #ask(kind) {
    this.kind = kind;
    for (const part of all("[data-for-kind]", this.dialog)) part.hidden = part.dataset.forKind !== kind;
    this.#complain("");
    this.dialog.showModal();
    one("[data-room-name]", this.dialog).focus();
  }

  /** @param {Event} event */
  async #create(event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (one("[data-room-name]", this.dialog));
    const name = field.value.trim();
    field.setAttribute("aria-invalid", String(!name));
    if (!name) return this.#complain(this.strings.nameMissing ?? "");
    const networks = /** @type {HTMLTextAreaElement} */ (one("[data-networks]", this.dialog)).value;
    const body = { kind: this.kind, name, memberIds: chosen(this.dialog), ipAllow: networks.split(/[\s,]+/).filter(Boolean) };
    try {
      const { room } = await this.api.ask("POST", this.config.roomsUrl, body);
      location.assign(this.config.roomUrl.replace(NO_ROOM, room.id));
    } catch (error) {
      const wrong = body.ipAllow.length > 0 && /** @type {{code?: string}} */ (error).code !== "offline";
      this.#complain((wrong ? this.strings.networkWrong : this.strings.failed) ?? "");
      if (!this.dialog.open) toast(this.strings.failed ?? "");
    }
  }

  /** @param {string} text */
  #complain(text) {
    const line = one("[data-create-error]", this.dialog);
    line.textContent = text;
    line.hidden = text === "";
  }
}

/** @param {HTMLElement} dialog @returns {number[]} */
function chosen(dialog) {
  const boxes = /** @type {HTMLInputElement[]} */ (all("[data-members] input", dialog));
  return boxes.filter(({ checked }) => checked).map(({ value }) => Number(value));
}

new RoomsPage().start();
