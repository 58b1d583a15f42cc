// The conversation: shown by speaker, searched, followed while the recording plays.

import { all, one } from "../helpers/page.js";
import { cutWithDoubts, next, turnAt } from "../models/finder.js";

export class TranscriptView {
  /**
   * @param {HTMLElement} root
   * @param {(ms: number) => void} onHear
   */
  constructor(root, onHear) {
    this.root = root;
    this.current = -1;
    this.found = -1;
    root.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-hear]");
      if (button) onHear(Number(/** @type {HTMLElement} */ (button).dataset["hear"]));
    });
    for (const button of all("[data-show]")) button.addEventListener("click", () => this.#filter(button));
    const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-find]"));
    field?.addEventListener("input", () => this.#find(field.value));
    field?.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
    });
  }

  get turns() {
    return all("[data-turn]", this.root);
  }

  /** @param {number} ms */
  follow(ms) {
    const turns = this.turns;
    const at = turnAt(turns.map((turn) => Number(turn.dataset["start"])), ms);
    const now = ms > Number(turns[at]?.dataset["end"]) + 1500 ? -1 : at;
    if (now === this.current) return;
    this.current = now;
    turns.forEach((turn, index) => turn.toggleAttribute("data-now", index === now));
    turns[now]?.scrollIntoView({ block: "nearest" });
  }

  /** Go to the turn at `ms`, from a link. @param {number} ms */
  open(ms) {
    this.follow(ms);
    const turns = this.turns;
    const turn = turns[turnAt(turns.map((each) => Number(each.dataset["start"])), ms)];
    turn?.scrollIntoView({ block: "center" });
    turn?.querySelector("button")?.focus({ preventScroll: true });
  }

  /** To the next turn that is shown, or the one before. @param {number} by 1 or -1 */
  step(by) {
    const turns = this.turns.filter((turn) => !turn.hidden);
    const focused = turns.findIndex((turn) => turn.contains(document.activeElement));
    const at = focused < 0 ? turns.indexOf(this.turns[this.current] ?? /** @type {any} */ (null)) : focused;
    turns[Math.min(turns.length - 1, Math.max(0, at + by))]?.querySelector("button")?.focus();
  }

  /** @param {HTMLElement} chosen */
  #filter(chosen) {
    for (const button of all("[data-show]")) button.setAttribute("aria-pressed", String(button === chosen));
    const wanted = chosen.dataset["show"];
    for (const turn of this.turns) {
      const masked = wanted === "masked" && turn.hasAttribute("data-masked");
      turn.hidden = !(wanted === "all" || masked || turn.dataset["from"] === wanted);
    }
    one("[data-none]", this.root).hidden = this.turns.some((turn) => !turn.hidden);
  }

  /** @param {string} wanted */
  #find(wanted) {
    for (const text of all("[data-text]", this.root)) {
      const runs = cutWithDoubts(text.textContent ?? "", wanted, doubtsIn(text));
      text.replaceChildren(...runs.map(drawn));
    }
    this.found = -1;
    if (wanted.trim()) this.#go(1);
    else one("[data-found]").textContent = "";
  }

  /** @param {number} step */
  #go(step) {
    const marks = all("mark", this.root).filter((mark) => !mark.closest("[hidden]"));
    this.found = next(this.found, step, marks.length);
    marks.forEach((mark, index) => mark.toggleAttribute("data-current", index === this.found));
    marks[this.found]?.scrollIntoView({ block: "center" });
    one("[data-found]").textContent = marks.length ? `${this.found + 1} / ${marks.length}` : "0";
  }
}

/** @param {{text: string, hit: boolean, doubt: boolean}} run @returns {Node} */
function drawn(run) {
  const word = run.doubt ? wrapped("u", document.createTextNode(run.text)) : document.createTextNode(run.text);
  return run.hit ? wrapped("mark", word) : word;
}

/** @param {"u" | "mark"} name @param {Node} inner */
function wrapped(name, inner) {
  const element = document.createElement(name);
  if (name === "u") {
    element.className = "doubt";
    element.dataset["doubt"] = "";
  }
  element.append(inner);
  return element;
}

/** Where the words stand that were not heard clearly. @param {HTMLElement} text @returns {[number, number][]} */
function doubtsIn(text) {
  return all("[data-doubt]", text).map((doubt) => {
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEndBefore(doubt);
    const start = before.toString().length;
    return [start, start + (doubt.textContent ?? "").length];
  });
}
