// The agent's desk as the socket tells it.

/** @import {Colleague, Message, Offer, WaitingCall} from "./wire.js" */

export class DeskModel {
  constructor() {
    this.state = "offline";
    this.since = 0;
    /** @type {string | null} */
    this.onCall = null;
    /** @type {Offer | null} */
    this.offer = null;
    /** @type {number} local time at which the offer runs out */
    this.offerDeadline = 0;
    /** @type {WaitingCall[]} */
    this.waiting = [];
    /** @type {Colleague[]} */
    this.colleagues = [];
  }

  /**
   * @param {Record<string, any>} snapshot
   * @param {number} now local time
   */
  open(snapshot, now) {
    const { state, since, onCall, waiting, colleagues } = snapshot;
    Object.assign(this, { state, since, onCall, waiting, colleagues });
    this.#ring(snapshot.offer ?? null, now);
  }

  /**
   * @param {Message} message
   * @param {number} now local time
   * @returns {boolean} whether the desk has to be drawn again
   */
  apply(message, now) {
    switch (message.type) {
      case "desk-state":
        Object.assign(this, { state: message.state, since: message.since, onCall: message.onCall });
        return true;
      case "waiting":
        this.waiting = message.calls;
        return true;
      case "colleagues":
        this.colleagues = message.agents;
        return true;
      case "offer-ringing":
        this.#ring(message.offer, now);
        return true;
      case "offer-ended":
        return this.#stopRinging(message.offerId);
      default:
        return false;
    }
  }

  /** What the agent is doing: the call and the offer count more than what they said of themselves. */
  get activity() {
    if (this.onCall) return "talk";
    return this.offer ? "ring" : this.state;
  }

  /** @param {Offer | null} offer @param {number} now */
  #ring(offer, now) {
    this.offer = offer;
    this.offerDeadline = offer ? now + offer.secondsLeft * 1000 : 0;
  }

  /** @param {string} offerId */
  #stopRinging(offerId) {
    if (this.offer?.offerId !== offerId) return false;
    this.offer = null;
    return true;
  }
}
