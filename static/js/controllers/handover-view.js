// What the automatic assistant hands over with a call: the offer shows it, and the call's side pane keeps it.

import { all, one, say, show } from "../helpers/page.js";
import { fill } from "../helpers/text.js";

/** @import {Handover} from "../models/wire.js" */

const UPSET = -0.3;
const REASONS = { asked: "handoverAsked", abuse: "handoverAbuse", unknown: "handoverUnknown", deaf: "handoverDeaf", lost: "handoverLost" };
const FIELDS = { name: "handoverName", orderNumber: "handoverOrder" };

/** @param {Handover | null | undefined} handover @param {Record<string, string>} strings */
export function drawHandover(handover, strings) {
  for (const root of all("[data-handover]")) {
    root.hidden = !handover;
    if (handover) draw(root, handover, strings);
  }
}

/** @param {HTMLElement} root @param {Handover} handover @param {Record<string, string>} strings */
function draw(root, handover, strings) {
  say("[data-handover-reason]", strings[REASONS[/** @type {keyof typeof REASONS} */ (handover.reason)] ?? "handoverAsked"] ?? "", root);
  const upset = handover.tone !== null && handover.tone <= UPSET;
  show("[data-handover-tone]", upset, root);
  say("[data-handover-tone]", strings.handoverUpset ?? "", root);
  say("[data-handover-intent]", handover.intent, root);
  one("[data-handover-summary]", root).replaceChildren(...handover.summary.filter((text) => text !== handover.intent).map(item));
  const answer = handover.lastAnswer ? fill(strings.handoverAnswer ?? "", { answer: handover.lastAnswer }) : "";
  const source = handover.lastSource ? fill(strings.handoverSource ?? "", { source: handover.lastSource }) : "";
  say("[data-handover-answer]", [answer, source].filter(Boolean).join(" "), root);
  one("[data-handover-fields]", root).replaceChildren(...Object.entries(handover.fields).flatMap(([name, value]) => fact(name, value, strings)));
}

/** @param {string} text */
function item(text) {
  const element = document.createElement("li");
  element.textContent = text;
  return element;
}

/** @param {string} name @param {string} value @param {Record<string, string>} strings */
function fact(name, value, strings) {
  const [term, description] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = strings[FIELDS[/** @type {keyof typeof FIELDS} */ (name)] ?? ""] ?? name;
  description.textContent = value;
  return [term, description];
}
