// Dots that say how colleagues are; the word stands beside or in the title, for those who see no colours.

import { all } from "../helpers/page.js";

/** @import {Presence} from "../models/presence.js" */

/** Every [data-person] of the page. @param {Presence} presence @param {Record<string, string>} strings */
export function drawPresence(presence, strings) {
  for (const row of all("[data-person]")) {
    const dot = /** @type {HTMLElement | null} */ (row.querySelector("[data-presence]"));
    if (!dot) continue;
    const known = presence.people.has(Number(row.dataset.person));
    const status = known || !dot.dataset.presence ? presence.of(Number(row.dataset.person)) : dot.dataset.presence;
    const word = strings[`presence_${status}`] ?? "";
    dot.dataset.presence = status;
    const place = dot.querySelector("[data-presence-word]");
    if (place) place.textContent = word;
    else dot.title = word;
  }
}
