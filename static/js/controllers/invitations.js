// A colleague is asked into the call: whom, why, what became of it; and who is in it, so that one may leave it to the others.

import { one, say, show } from "../helpers/page.js";
import { fill } from "../helpers/text.js";

/** @import {DeskCall} from "./desk-call.js" */
/** @import {Colleague, Message} from "../models/wire.js" */

const OUTCOMES = { rejected: "inviteRejected", expired: "inviteExpired", withdrawn: "inviteWithdrawn" };
const NOTE_MS = 8_000;

export class Invitations {
  /** @param {DeskCall} call */
  constructor(call) {
    this.call = call;
    this.strings = call.config.strings;
    /** @type {{offerId: string, name: string} | null} */
    this.pending = null;
    /** @type {() => Colleague[]} who could be asked; the desk knows */
    this.colleagues = () => [];
    /** @type {() => void} */
    this.left = () => undefined;
    this.dialog = /** @type {HTMLDialogElement} */ (one("[data-invite-dialog]"));
    /** @type {any} */
    this.timer = null;
    one("[data-invite]").addEventListener("click", () => this.#choose());
    one("[data-invite-form]").addEventListener("submit", (event) => this.#send(event));
    one("[data-invite-withdraw]").addEventListener("click", () => void this.#withdraw());
    one("[data-leave-call]").addEventListener("click", () => void this.#leave());
  }

  clear() {
    this.open(null);
    this.#note("");
    if (this.dialog.open) this.dialog.close();
  }

  /** @param {{offerId: string, name: string} | null} pending */
  open(pending) {
    this.pending = pending;
    this.draw();
  }

  /** @param {Message} message */
  receive({ callId, offerId, name, state }) {
    if (callId !== this.call.callId) return;
    if (state === "pending") return this.open({ offerId, name });
    if (this.pending?.offerId === offerId) this.open(null);
    const word = OUTCOMES[/** @type {keyof typeof OUTCOMES} */ (state)] ?? "";
    this.#note(fill(this.strings[word] ?? "", { name }));
  }

  draw() {
    const model = this.call.session?.model;
    const names = model?.colleagues.map(({ name }) => name).join(", ") ?? "";
    show("[data-colleagues-in]", names !== "");
    if (names) say("[data-colleagues-names]", fill(this.strings.withColleagues ?? "", { names }));
    show("[data-leave-call]", names !== "");
    show("[data-inviting]", this.pending !== null);
    if (this.pending) say("[data-inviting-name]", fill(this.strings.inviting ?? "", { name: this.pending.name }));
    /** @type {HTMLButtonElement} */ (one("[data-invite]")).disabled = this.pending !== null;
  }

  #choose() {
    const free = this.colleagues().filter(({ state, onCall }) => state === "available" && !onCall);
    const list = /** @type {HTMLSelectElement} */ (one("[data-invite-list]"));
    list.replaceChildren(...free.map(({ userId, name }) => new Option(name, String(userId))));
    show("[data-invite-nobody]", free.length === 0);
    show("[data-invite-fields]", free.length > 0);
    this.dialog.showModal();
  }

  /** @param {Event} event */
  async #send(event) {
    const submitter = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
    if (submitter?.value !== "invite") return;
    const colleagueId = Number(/** @type {HTMLSelectElement} */ (one("[data-invite-list]")).value);
    const field = /** @type {HTMLInputElement} */ (one("[data-invite-reason]"));
    const { callId } = this.call;
    const asked = { callId, colleagueId, reason: field.value.trim() };
    await this.call.signaling.request("invite-colleague", asked).then(
      () => (field.value = ""),
      () => this.#note(this.strings.inviteFailed ?? ""),
    );
  }

  async #withdraw() {
    if (!this.pending) return;
    const { callId } = this.call;
    await this.call.signaling.request("withdraw-invitation", { callId, offerId: this.pending.offerId }).catch(() => undefined);
  }

  async #leave() {
    const { callId } = this.call;
    await this.call.signaling.request("leave", { callId }).then(
      () => this.left(),
      () => this.#note(this.strings.failed ?? ""),
    );
  }

  /** @param {string} text */
  #note(text) {
    clearTimeout(this.timer);
    show("[data-invite-note]", text !== "");
    say("[data-invite-note-text]", text);
    if (text) this.timer = setTimeout(() => this.#note(""), NOTE_MS);
  }
}
