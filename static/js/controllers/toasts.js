// Short notices at the edge of the page; one that offers something stays longer.

import { fromTemplate, one } from "../helpers/page.js";
import { fill } from "../helpers/text.js";

/** @import {Message} from "../models/wire.js" */

const NOTICE_MS = 6_000;
const OFFER_MS = 30_000;

/** @param {string} text @param {{label: string, href: string}} [action] */
export function toast(text, action) {
  if (!text) return;
  const element = fromTemplate("[data-toast-template]");
  element.append(text);
  if (action) {
    const anchor = document.createElement("a");
    anchor.className = "btn";
    anchor.href = action.href;
    anchor.append(action.label);
    element.append(anchor);
  }
  one("[data-toasts]").append(element);
  setTimeout(() => element.remove(), action ? OFFER_MS : NOTICE_MS);
}

/**
 * A meeting has started: come in.
 * @param {Message} message
 * @param {Record<string, string>} strings
 * @param {string} roomUrl with the id of no room in it
 */
export function toastMeeting({ name, by, roomId }, strings, roomUrl) {
  const href = roomUrl.replace("00000000-0000-0000-0000-000000000000", roomId);
  toast(fill(strings.meetingStarted ?? "", { name, by }), { label: strings.joinMeeting ?? "", href });
}
