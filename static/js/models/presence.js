// How colleagues are: a snapshot (the answer to `watch-presence`) and the changes after it.

/** @import {Message} from "./wire.js" */

/** @typedef {"online" | "away" | "busy" | "offline"} Status */
/** @typedef {{userId: number, name?: string, status: Status, since: number}} Person */

export class Presence {
  constructor() {
    /** @type {Map<number, Person>} */
    this.people = new Map();
  }

  /** @param {{people: Person[]}} snapshot */
  open({ people }) {
    this.people = new Map(people.map((person) => [person.userId, person]));
  }

  /** @param {Message} message @returns {boolean} whether it was for us */
  apply(message) {
    if (message.type !== "status-change") return false;
    const { userId, status, since } = message;
    this.people.set(userId, { ...this.people.get(userId), userId, status, since });
    return true;
  }

  /** @param {number} userId @returns {Status} */
  of(userId) {
    return this.people.get(userId)?.status ?? "offline";
  }
}
