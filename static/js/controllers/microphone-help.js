// The microphone was refused: why, and what to do in this very browser.

import { all, one, show } from "../helpers/page.js";

/** @import {Trouble} from "./microphone.js" */

/** @param {string} agent the user agent */
export function browserKind(agent) {
  if (/KAKAOTALK|NAVER\(|FBA[NV]|Instagram|Line\/|DaumApps|; wv\)/i.test(agent)) return "inapp";
  if (/iPhone|iPad/.test(agent)) return "ios";
  if (/SamsungBrowser/.test(agent)) return "samsung";
  return /Android/.test(agent) ? "android" : "desktop";
}

export class MicrophoneHelp {
  constructor() {
    this.root = one("[data-on='microphone']");
    for (const list of all("[data-browser]", this.root)) list.hidden = list.dataset.browser !== browserKind(navigator.userAgent);
  }

  /** @param {Trouble} trouble */
  explain(trouble) {
    for (const part of all("[data-mic-why]", this.root)) part.hidden = part.dataset.micWhy !== trouble;
  }

  /** @param {boolean} answered */
  answered(answered) {
    show("[data-mic-answered]", answered, this.root);
    show("[data-leave]", !answered, this.root);
  }
}
