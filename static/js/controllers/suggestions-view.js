// Answers of the house beside the captions: the agent reads, copies or sends them, or looks away.

import { fromTemplate, one, say } from "../helpers/page.js";
import { Suggestions } from "../models/suggestions.js";

/** @import {Suggestion} from "../models/suggestions.js" */

export class SuggestionsView {
  /** @param {Record<string, string>} strings @param {(text: string) => unknown} send into the chat with the customer */
  constructor(strings, send) {
    this.strings = strings;
    this.send = send;
    this.root = one("[data-suggestions]");
    this.list = one("[data-suggestions-list]", this.root);
    this.suggestions = new Suggestions();
    one("[data-suggestions-away]", this.root).addEventListener("click", () => this.#away());
  }

  /** @param {Suggestion[]} answers */
  show(answers) {
    if (this.suggestions.take(answers)) this.#draw();
  }

  clear() {
    this.suggestions = new Suggestions();
    this.#draw();
  }

  #away() {
    this.suggestions.hide();
    this.#draw();
  }

  #draw() {
    const { shown } = this.suggestions;
    this.root.hidden = shown.length === 0;
    this.list.replaceChildren(...shown.map((each) => this.#card(each)));
  }

  /** @param {Suggestion} suggestion */
  #card({ question, answer, source }) {
    const card = fromTemplate("[data-suggestion-template]");
    say("[data-suggestion-question]", question, card);
    say("[data-suggestion-answer]", answer, card);
    one("[data-suggestion-from]", card).hidden = !source;
    say("[data-suggestion-source]", source, card);
    const done = (/** @type {string | undefined} */ word) => say("[data-suggestion-done]", word ?? "", card);
    one("[data-suggestion-copy]", card).addEventListener("click", () => {
      const copied = navigator.clipboard?.writeText(answer) ?? Promise.reject(new Error("no clipboard"));
      copied.then(() => done(this.strings.suggestionCopied), () => done(this.strings.suggestionFailed));
    });
    const button = /** @type {HTMLButtonElement} */ (one("[data-suggestion-send]", card));
    button.addEventListener("click", () => {
      this.send(answer);
      button.disabled = true; // once is enough
      done(this.strings.suggestionSent);
    });
    return card;
  }
}
