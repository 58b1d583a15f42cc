// Which suggested answers are worth looking at now.

/** @typedef {{entryId: number, question: string, answer: string}} Suggestion */

export class Suggestions {
  constructor() {
    /** @type {Suggestion[]} */
    this.shown = [];
    /** @type {Set<number>} hidden by the agent: not offered again in this call */
    this.away = new Set();
  }

  /**
   * The newest ones take the place of those before. What the agent hid stays hidden; the same ones again change nothing.
   * @param {Suggestion[]} answers
   * @returns {boolean} whether there is something else to show
   */
  take(answers) {
    const fresh = answers.filter(({ entryId }) => !this.away.has(entryId));
    const key = (/** @type {Suggestion[]} */ list) => list.map(({ entryId }) => entryId).join(" ");
    if (fresh.length === 0 || key(fresh) === key(this.shown)) return false;
    this.shown = fresh;
    return true;
  }

  hide() {
    for (const { entryId } of this.shown) this.away.add(entryId);
    this.shown = [];
  }
}
