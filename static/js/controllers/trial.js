// A question to the assistant, written or spoken, without a call.

import { fromTemplate, one, say } from "../helpers/page.js";

const LONGEST_MS = 30_000;

/** @typedef {{asked: string, reply: string, model: string, degraded: boolean, tokens: number, audio: string, found: {question: string, likeness: number, sure: boolean}[]}} Told */

export class Trial {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.button = /** @type {HTMLButtonElement} */ (one("[data-trial-record]", form));
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    this.url = "";
  }

  start() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#ask(new FormData(this.form));
    });
    this.button.hidden = !("MediaRecorder" in globalThis) || !navigator.mediaDevices;
    this.button.addEventListener("click", () => void (this.recorder ? this.recorder.stop() : this.#record()));
  }

  async #record() {
    this.button.disabled = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.#listen(stream);
    } catch {
      this.#state("denied");
    }
    this.button.disabled = false;
  }

  /** @param {MediaStream} stream */
  #listen(stream) {
    /** @type {Blob[]} */
    const pieces = [];
    const recorder = new MediaRecorder(stream);
    const tooLong = setTimeout(() => recorder.stop(), LONGEST_MS);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      clearTimeout(tooLong);
      for (const track of stream.getTracks()) track.stop();
      this.#pressed(null);
      const form = new FormData(this.form);
      form.set("text", "");
      form.set("audio", new Blob(pieces, { type: recorder.mimeType }), "question");
      void this.#ask(form);
    });
    recorder.start();
    this.#pressed(recorder);
    this.#state("recording");
  }

  /** @param {MediaRecorder | null} recorder */
  #pressed(recorder) {
    this.recorder = recorder;
    this.button.setAttribute("aria-pressed", String(recorder !== null));
  }

  /** @param {FormData} form */
  async #ask(form) {
    this.#state("thinking");
    const response = await fetch(this.form.dataset.url ?? "", { method: "POST", body: form }).catch(() => null);
    const told = await response?.json().catch(() => null);
    if (!response || !told) return this.#state("offline");
    if (!response.ok) return this.#say(told.message);
    this.#say("");
    this.#show(told);
  }

  /** @param {Told} told */
  #show({ asked, reply, model, tokens, audio, found }) {
    one("[data-trial-answer]").hidden = false;
    say("[data-trial-asked]", asked);
    say("[data-trial-reply]", reply);
    say("[data-trial-by]", [`${this.form.dataset.by ?? ""} ${model}`, tokens ? `${tokens} tokens` : ""].filter(Boolean).join(" · "));
    one("[data-trial-considered]").hidden = found.length === 0;
    one("[data-trial-found]").replaceChildren(...found.map((each) => this.#row(each)));
    this.#sound(audio);
  }

  /** @param {Told["found"][number]} found */
  #row({ question, likeness, sure }) {
    const row = fromTemplate("[data-trial-found-template]");
    say("[data-found-question]", question, row);
    say("[data-found-likeness]", String(likeness), row);
    one("[data-found-sure]", row).hidden = !sure;
    return row;
  }

  /** @param {string} audio base64 of an MP3; "" where nothing can speak */
  #sound(audio) {
    const player = /** @type {HTMLAudioElement} */ (one("[data-trial-audio]"));
    URL.revokeObjectURL(this.url);
    player.hidden = !audio;
    if (!audio) return;
    const bytes = Uint8Array.from(atob(audio), (letter) => letter.charCodeAt(0));
    this.url = URL.createObjectURL(new Blob([bytes], { type: "audio/mpeg" }));
    player.src = this.url;
    void player.play().catch(() => undefined); // the browser may want a click first
  }

  /** @param {"recording" | "thinking" | "offline" | "denied"} name */
  #state(name) {
    this.#say(this.form.dataset[name] ?? "");
  }

  /** @param {string} text */
  #say(text) {
    say("[data-trial-state]", text, this.form);
  }
}
