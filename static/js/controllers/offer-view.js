// An offer that rings: who, about what, and how long there is to answer.

import { one, say, show } from "../helpers/page.js";
import { avatar, clock, fill, maskContact } from "../helpers/text.js";
import { drawHandover } from "./handover-view.js";

/** @import {Bell} from "./bell.js" */
/** @import {Offer} from "../models/wire.js" */

const FRAME_MS = 200;

export class OfferView {
  /** @param {Record<string, string>} strings @param {Bell} bell @param {number} wholeSeconds how long an offer lasts */
  constructor(strings, bell, wholeSeconds) {
    this.strings = strings;
    this.bell = bell;
    this.wholeMs = wholeSeconds * 1000;
    this.offerId = "";
    this.invited = false;
    /** @type {any} */
    this.timer = null;
    /** @type {Notification | null} */
    this.notification = null;
  }

  /** @param {Offer} offer @param {number} deadline local time */
  ring(offer, deadline) {
    if (offer.offerId === this.offerId) return;
    this.silence();
    this.offerId = offer.offerId;
    this.invited = Boolean(offer.invitation);
    this.#describe(offer);
    this.#count(deadline);
    this.timer = setInterval(() => this.#count(deadline), FRAME_MS);
    this.bell.ring();
    this.#notify(offer);
  }

  silence() {
    if (!this.offerId) return;
    this.offerId = "";
    clearInterval(this.timer);
    this.bell.silence();
    this.notification?.close();
  }

  /** @param {Offer} offer */
  nameOf(offer) {
    return offer.name || (this.strings.unnamed ?? "");
  }

  /** @param {Offer} offer */
  #describe(offer) {
    const { strings } = this;
    say("[data-offer-name]", this.nameOf(offer));
    say("[data-offer-avatar]", avatar(offer.name || (strings.guest ?? "")));
    say("[data-offer-topic]", offer.topic);
    show("[data-offer-topic]", offer.topic !== "");
    say("[data-offer-waited]", fill(strings.waited ?? "", { time: clock(offer.waitedSeconds * 1000) }));
    const previous = offer.previous ? fill(strings.earlierCalls ?? "", { count: offer.previous }) : (strings.firstCall ?? "");
    say("[data-offer-previous]", previous);
    say("[data-offer-language]", (offer.language === "en" ? strings.english : strings.korean) ?? "");
    drawHandover(offer.handover, strings);
    const { invitation } = offer;
    show("[data-offer-invitation]", Boolean(invitation));
    if (invitation) say("[data-offer-inviter]", fill(strings.invitedBy ?? "", { name: invitation.by }));
    say("[data-offer-reason]", invitation?.reason ?? "");
    say("[data-offer-question]", offer.question ? `“${offer.question}”` : "");
  }

  /** @param {number} deadline */
  #count(deadline) {
    const left = Math.max(0, deadline - Date.now());
    const seconds = Math.ceil(left / 1000);
    say("[data-ring-text]", fill((this.invited ? this.strings.secondsLeft : this.strings.passesOn) ?? "", { seconds }));
    one("[data-ring-left]").setAttribute("stroke-dasharray", `${Math.min(100, (100 * left) / this.wholeMs).toFixed(1)} 100`);
    one("[data-ring-image]").setAttribute("aria-label", fill(this.strings.secondsLeft ?? "", { seconds }));
  }

  /** @param {Offer} offer */
  #notify(offer) {
    if (!("Notification" in globalThis) || Notification.permission !== "granted" || document.hasFocus()) return;
    const title = fill(this.strings.titleRinging ?? "", { name: this.nameOf(offer) });
    this.notification = new Notification(title, { body: [offer.topic, offer.place].filter(Boolean).join(" · "), tag: offer.offerId });
    this.notification.addEventListener("click", () => window.focus());
  }
}

/**
 * The right side of the desk: who is being talked with.
 * @param {{name: string, contact: string, topic: string, place: string, language: string, reference: string, question: string}} customer
 * @param {Record<string, string>} strings
 */
export function drawSide(customer, strings) {
  say("[data-side-name]", customer.name || (strings.unnamed ?? ""));
  say("[data-side-contact]", customer.contact ? maskContact(customer.contact) : "");
  say("[data-side-topic]", customer.topic || "–");
  say("[data-side-place]", customer.place);
  say("[data-side-language]", (customer.language === "en" ? strings.english : strings.korean) ?? "");
  say("[data-side-reference]", customer.reference);
  say("[data-side-question]", customer.question);
}
