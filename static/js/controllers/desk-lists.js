// The left side of the desk: who waits, for how long, and what colleagues do.

import { all, fromTemplate, one, say, show } from "../helpers/page.js";
import { avatar, clock } from "../helpers/text.js";

/** @import {Colleague, WaitingCall} from "../models/wire.js" */

/** What an activity is called and which glyph it has. */
export const ACTIVITIES = {
  talk: { glyph: "talk", word: "talking" },
  ring: { glyph: "ring", word: "ringing" },
  available: { glyph: "ready", word: "ready" },
  away: { glyph: "break", word: "away" },
  offline: { glyph: "off", word: "offline" },
};

/** @param {string} activity */
export function activityOf(activity) {
  return ACTIVITIES[/** @type {keyof typeof ACTIVITIES} */ (activity)] ?? ACTIVITIES.offline;
}

export class DeskLists {
  /** @param {Record<string, string>} strings @param {number} skewMs the server's clock minus ours */
  constructor(strings, skewMs) {
    this.strings = strings;
    this.skewMs = skewMs;
    /** @type {{time: HTMLElement, call: WaitingCall}[]} */
    this.rows = [];
  }

  /** @param {WaitingCall[]} calls */
  waiting(calls) {
    this.rows = [];
    one("[data-waiting]").replaceChildren(...calls.map((call) => this.#waitingRow(call)));
    show("[data-waiting-empty]", calls.length === 0);
    for (const count of all("[data-waiting-count]")) count.textContent = String(calls.length);
    this.tick();
  }

  /** @param {Colleague[]} agents */
  colleagues(agents) {
    one("[data-colleagues]").replaceChildren(...agents.map((agent) => this.#colleagueRow(agent)));
    show("[data-colleagues-empty]", agents.length === 0);
  }

  /** Waiting times go on; one past its target is marked. */
  tick() {
    for (const { time, call } of this.rows) {
      const waited = Date.now() + this.skewMs - call.since;
      time.textContent = clock(waited);
      const late = call.late || (call.targetSeconds !== undefined && waited > call.targetSeconds * 1000);
      const holder = /** @type {HTMLElement} */ (time.parentElement);
      holder.classList.toggle("badge", late);
      if (late) holder.dataset.tone = "warn";
    }
  }

  /** @param {WaitingCall} call */
  #waitingRow(call) {
    const row = fromTemplate("[data-waiting-template]");
    const language = call.language === "en" ? this.strings.english : "";
    say(".avatar", avatar(call.name || (this.strings.guest ?? "")), row);
    say(".title", call.name || (this.strings.unnamed ?? ""), row);
    say(".sub", [call.topic, call.place, language].filter(Boolean).join(" · "), row);
    this.rows.push({ time: one("time", row), call });
    return row;
  }

  /** @param {Colleague} agent */
  #colleagueRow(agent) {
    const row = fromTemplate("[data-colleague-template]");
    const { glyph, word } = activityOf(agent.onCall ? "talk" : agent.state);
    row.dataset.person = String(agent.userId);
    say(".avatar", avatar(agent.name), row);
    say(".main", agent.name, row);
    say(".state", this.strings[word] ?? "", row);
    one(".state", row).dataset.s = glyph;
    return row;
  }
}
