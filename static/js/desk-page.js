// The agent's desk: waiting, ringing, talking, wrapping up, on one socket.

import { Bell } from "./controllers/bell.js";
import { watchNetwork, wireControls } from "./controllers/call-session.js";
import { DeskCall, MIC_WORDS } from "./controllers/desk-call.js";
import { wireKeys } from "./controllers/desk-keys.js";
import { activityOf, DeskLists } from "./controllers/desk-lists.js";
import { wireMenus } from "./controllers/menu.js";
import { Microphone, MicrophoneRefused } from "./controllers/microphone.js";
import { drawSide, OfferView } from "./controllers/offer-view.js";
import { awayWhenIdle } from "./controllers/idle-watch.js";
import { drawPresence } from "./controllers/presence-view.js";
import { readingTools } from "./controllers/reading-tools.js";
import { toastMeeting } from "./controllers/toasts.js";
import { all, fromTemplate, mark, one, pageConfig, reloadOnce, say, show, socketUrl } from "./helpers/page.js";
import { clock, fill } from "./helpers/text.js";
import { DeskModel } from "./models/desk-model.js";
import { Presence } from "./models/presence.js";
import { Refusal, Signaling } from "./models/socket.js";

/** @import {CallModel} from "./models/call-model.js" */
/** @import {Message} from "./models/wire.js" */

const NO_CALL = "00000000-0000-0000-0000-000000000000";
const TOAST_MS = 6_000;
const ENDED_WORDS = { expired: "offerExpired", withdrawn: "offerWithdrawn" };

class DeskPage {
  constructor() {
    this.config = pageConfig();
    readingTools();
    this.strings = this.config.strings;
    this.skewMs = this.config.now - Date.now();
    this.root = one("[data-controller='desk']");
    this.model = new DeskModel();
    this.presence = new Presence();
    this.bell = new Bell();
    this.microphone = new Microphone((track) => void this.call.session?.media?.replace(track));
    this.lists = new DeskLists(this.strings, this.skewMs);
    this.offers = new OfferView(this.strings, this.bell, this.config.offerSeconds ?? 20);
    this.wrapping = false;
    this.lost = ""; // the call that somebody else has now
    this.opened = false;
    this.plainTitle = document.title;
    this.signaling = this.#socket();
    this.stillAway = awayWhenIdle(this.signaling);
    const { config, signaling, microphone, bell } = this;
    this.call = new DeskCall({ config, signaling, microphone, bell, changed: (model) => this.#callChanged(model) });
    this.call.invitations.colleagues = () => this.model.colleagues;
    this.call.invitations.left = () => this.#outOf(this.call.callId, this.strings.leftCall ?? "");
  }

  start() {
    this.#wire();
    this.#alerts();
    this.signaling.start();
    setInterval(() => this.#tick(), 1000);
  }

  #socket() {
    return new Signaling({
      url: socketUrl(this.config.socketPath),
      hello: (signaling) => this.#hello(signaling),
      on: {
        message: (message) => this.#receive(message),
        state: (state) => this.#linkIs(state),
        closed: (code) => this.#closed(code),
      },
    });
  }

  /** @param {Signaling} signaling */
  async #hello(signaling) {
    const token = await this.#token();
    await signaling.request("login", { token }, { answer: "authenticated" });
    this.model.open(await signaling.request("open-desk"), Date.now());
    await signaling.request("watch-presence").then((people) => this.presence.open(people), () => undefined);
    this.stillAway();
    await this.#returnToCall();
    this.opened = true;
    this.#draw();
  }

  /** Back into our call after a reload or a lost connection; another window's call is left to it. */
  async #returnToCall() {
    const { onCall } = this.model;
    const ours = this.call.callId;
    if (ours && onCall !== ours) return this.#callGone();
    if (!onCall || (this.opened && onCall !== ours)) return;
    await this.call.enter(onCall).catch((error) => {
      if (error.code !== "not_found" && error.code !== "wrong_state") throw error;
      this.#callGone();
    });
  }

  async #token() {
    const response = await fetch(this.config.tokenUrl ?? "", { headers: { accept: "application/json" } }).catch(() => null);
    if (response?.status === 401) location.assign(this.config.loginUrl ?? "/");
    if (!response?.ok) throw new Refusal("offline");
    return (await response.json()).token;
  }

  #wire() {
    wireMenus();
    wireControls(() => this.call.session);
    watchNetwork(this.signaling, () => this.call.session);
    wireKeys({ accept: () => void this.#accept(), reject: () => void this.#reject(), mute: () => one("[data-mute]").click(), view: () => this.#view() });
    one("[data-accept]").addEventListener("click", () => void this.#accept());
    one("[data-reject]").addEventListener("click", () => void this.#reject());
    one("[data-open-chat]").addEventListener("click", () => this.#openChat());
    one("[data-wrap-done]").addEventListener("click", () => this.#wrapped());
    one("[data-allow-alerts]").addEventListener("click", () => void this.#allowAlerts());
    for (const button of all("[data-reload]")) button.addEventListener("click", () => location.reload());
    for (const button of all("[data-set-state]")) button.addEventListener("click", () => void this.#setState(button.dataset.setState ?? ""));
    for (const tab of all("[data-tab-for]")) tab.addEventListener("click", () => this.#tab(tab.dataset.tabFor ?? ""));
    document.addEventListener("pointerdown", () => void this.bell.allow().then(() => this.#alerts()), { once: true });
    addEventListener("beforeunload", (event) => this.call.session && event.preventDefault());
  }

  /** On a phone the chat is behind a tab. */
  #openChat() {
    this.#tab("customer");
    one("[data-chat]").scrollIntoView({ block: "end" });
    this.call.session?.chat?.panel.focus();
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "offer-ended") this.#offerEnded(message);
    if (message.type === "call-taken-over") return this.#takenOver(message.callId, fill(this.strings.takenOver ?? "", message));
    // The server has put us out: the notice of why may come later, or be lost.
    if (message.type === "error" && message.callId && message.code === "forbidden") return this.#outOf(message.callId, this.strings.putOut ?? "");
    if (message.type === "meeting-started") return toastMeeting(message, this.strings, this.config.roomUrl ?? "");
    if (this.presence.apply(message)) return drawPresence(this.presence, this.strings);
    if (this.model.apply(message, Date.now())) this.#draw();
    else this.call.receive(message);
  }

  /** @param {Message} message */
  #offerEnded({ offerId, reason }) {
    const word = ENDED_WORDS[/** @type {keyof typeof ENDED_WORDS} */ (reason)];
    if (word && offerId === this.model.offer?.offerId) this.#toast(this.strings[word] ?? "");
  }

  async #accept() {
    const { offer } = this.model;
    if (!offer) return;
    this.offers.silence();
    try {
      void this.bell.allow();
      const { callId } = await this.signaling.request("accept-offer", { offerId: offer.offerId });
      this.model.offer = null;
      this.model.onCall = callId;
      this.wrapping = false;
      await this.call.enter(callId);
    } catch (error) {
      this.model.offer = null;
      this.#refused(error);
    }
    this.#draw();
  }

  async #reject() {
    const { offer } = this.model;
    if (!offer) return;
    this.model.offer = null;
    this.#draw();
    await this.signaling.request("reject-offer", { offerId: offer.offerId }).catch((error) => this.#refused(error));
  }

  /** @param {string} state */
  async #setState(state) {
    void this.bell.allow();
    if (state === "available" && !(await this.#microphoneWorks())) return;
    await this.signaling.request("set-state", { state }).catch((error) => this.#refused(error));
  }

  /** Nobody is made ready whom a customer could not hear. */
  async #microphoneWorks() {
    try {
      await this.microphone.open();
      if (!this.call.session) this.microphone.close();
      show("[data-mic-trouble]", false);
      return true;
    } catch (error) {
      const trouble = error instanceof MicrophoneRefused ? error.trouble : "denied";
      say("[data-mic-trouble-text]", this.strings[MIC_WORDS[trouble]] ?? "");
      show("[data-mic-trouble]", true);
      this.#tab("active");
      return false;
    }
  }

  /** @param {CallModel} model */
  #callChanged(model) {
    if (model.over) this.#wrapUp(model);
    this.#draw();
  }

  /** @param {CallModel} model */
  #wrapUp(model) {
    const talked = model.connectedAt === null ? null : (model.endedAt ?? Date.now()) - model.connectedAt;
    say("[data-wrap-name]", model.facts.customer?.name || (this.strings.unnamed ?? ""));
    say("[data-wrap-line]", talked === null ? (this.strings.notConnected ?? "") : fill(this.strings.talkedFor ?? "", { time: clock(talked) }));
    const link = /** @type {HTMLAnchorElement} */ (one("[data-wrap-record]"));
    link.href = (this.config.recordUrl ?? "").replace(NO_CALL, model.callId);
    link.hidden = !this.config.recordUrl;
    this.wrapping = true;
    this.#callGone();
    one("[data-on='wrap'] h2").focus();
  }

  /** Somebody else has our call now, and we are told who. @param {string} callId @param {string} why */
  #takenOver(callId, why) {
    if (callId === this.call.callId) this.#outOf(callId, why);
    else if (this.wrapping && callId === this.lost) say("[data-wrap-line]", why);
  }

  /** @param {string} callId @param {string} why */
  #outOf(callId, why) {
    const model = this.call.session?.model;
    if (!model || callId !== this.call.callId) return;
    this.#wrapUp(model);
    this.lost = callId;
    say("[data-wrap-line]", why);
    this.#toast(why);
  }

  #callGone() {
    this.call.leave();
    this.model.onCall = null;
    this.#draw();
  }

  #wrapped() {
    this.wrapping = false;
    this.#draw();
  }

  #view() {
    if (this.call.callId) return "talk";
    if (this.model.offer) return "ring";
    return this.wrapping ? "wrap" : "idle";
  }

  #draw() {
    const view = this.#view();
    const changed = this.root.dataset.view !== view;
    this.root.dataset.view = view;
    for (const section of all(".call-pane [data-on]", this.root)) section.hidden = section.dataset.on !== view;
    for (const part of all("[data-when]", this.root)) part.hidden = !part.dataset.when?.split(" ").includes(view);
    this.#drawOffer();
    this.lists.waiting(this.model.waiting);
    this.lists.colleagues(this.model.colleagues);
    drawPresence(this.presence, this.strings);
    show("[data-side-question-part]", ["ring", "talk"].includes(view) && one("[data-side-question]").textContent !== "");
    for (const part of all("[data-idle]")) part.hidden = part.dataset.idle !== this.model.state;
    show("[data-on='idle'] [data-set-state]", this.model.state !== "available");
    if (changed && view !== "idle") this.#attend(view);
    this.#tick();
  }

  /** What needs the agent comes to the front. @param {string} view */
  #attend(view) {
    this.#tab("active");
    if (view === "ring" || view === "talk") one(`[data-on='${view}'] h2`).focus();
  }

  #drawOffer() {
    const { offer } = this.model;
    if (!offer || this.call.callId) return this.offers.silence();
    this.offers.ring(offer, this.model.offerDeadline);
    drawSide(offer, this.strings);
  }

  #tick() {
    this.lists.tick();
    const activity = this.model.activity;
    const { glyph, word } = activityOf(activity);
    one("[data-own-state]").dataset.s = glyph;
    say("[data-own-state-word]", this.strings[word] ?? "");
    say("[data-own-state-time]", this.#ownTime(activity));
    for (const item of all("[role='menuitemradio']")) item.setAttribute("aria-checked", String(item.dataset.setState === this.model.state));
    mark("deskState", this.model.state);
    document.title = this.#title();
  }

  /** @param {string} activity */
  #ownTime(activity) {
    if (activity === "ring") return clock(this.model.offerDeadline - Date.now());
    const since = activity === "talk" ? (this.call.session?.model.connectedAt ?? null) : this.model.since;
    return since ? clock(Date.now() + this.skewMs - since) : "";
  }

  #title() {
    const { offer, waiting } = this.model;
    if (offer) return fill(this.strings.titleRinging ?? "", { name: this.offers.nameOf(offer) });
    return waiting.length ? `(${waiting.length}) ${this.plainTitle}` : this.plainTitle;
  }

  /** @param {string} name */
  #tab(name) {
    this.root.dataset.tab = name;
    for (const tab of all("[data-tab-for]")) tab.setAttribute("aria-current", String(tab.dataset.tabFor === name));
  }

  #alerts() {
    const asks = "Notification" in globalThis && Notification.permission === "default";
    show("[data-alerts]", asks || !this.bell.allowed);
  }

  async #allowAlerts() {
    await this.bell.allow();
    if ("Notification" in globalThis && Notification.permission === "default") await Notification.requestPermission();
    show("[data-alerts]", false);
  }

  /** @param {string} state */
  #linkIs(state) {
    mark("link", state);
    if (state === "connecting") return;
    show("[data-link-lost]", state === "offline");
    this.call.session?.link(state === "online");
    if (state === "offline") {
      this.model.offer = null; // it rings elsewhere by now
      this.#draw();
    }
  }

  /** @param {number} code */
  #closed(code) {
    this.call.leave();
    const dialog = code === 4409 ? "[data-replaced-dialog]" : "[data-refused-dialog]";
    // The log-in has run out or was withdrawn: the server says what to do. A reload that changes nothing is not repeated.
    if (code === 4409 || !reloadOnce()) /** @type {HTMLDialogElement} */ (one(dialog)).showModal();
  }

  /** @param {unknown} error */
  #refused(error) {
    const gone = error instanceof Refusal && error.code === "offer_gone";
    this.#toast((gone ? this.strings.offerGone : this.strings.failed) ?? "");
  }

  /** @param {string} text */
  #toast(text) {
    const toast = fromTemplate("[data-toast-template]");
    toast.textContent = text;
    one("[data-toasts]").append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }
}

new DeskPage().start();
