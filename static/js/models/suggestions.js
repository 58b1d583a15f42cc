// Which suggested answers are worth looking at now.

/** @typedef {{entryId: number, question: string, answer: string, source: string}} Suggestion */

export class Suggestions {
  constructor() {
    /** @type {Suggestion[]} */
    this.shown = [];
    /** @type {Set<string>} hidden by the agent: not offered again in this call */
    this.away = new Set();
  }

  /**
   * The newest ones take the place of those before. What the agent hid stays hidden; the same ones again change nothing.
   * @param {Suggestion[]} answers
   * @returns {boolean} whether there is something else to show
   */
  take(answers) {
    const fresh = answers.filter((each) => !this.away.has(key(each)));
    const keys = (/** @type {Suggestion[]} */ list) => list.map(key).join("\n");
    if (fresh.length === 0 || keys(fresh) === keys(this.shown)) return false;
    this.shown = fresh;
    return true;
  }

  hide() {
    for (const each of this.shown) this.away.add(key(each));
    this.shown = [];
  }
}

/**
 * An answer of the house is always said whole, of a document now these sentences and now those.
 * @param {Suggestion} suggestion
 */
function key({ entryId, source, answer }) {
  return source ? `${source} ${answer}` : String(entryId);
}
