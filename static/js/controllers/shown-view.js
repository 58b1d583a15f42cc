// What the customer shows, on both pages: the question, the picture, and the buttons around it.

import { all, mark, one, say, show } from "../helpers/page.js";
import { Capture, CaptureRefused } from "../models/devices.js";
import { ShownPicture } from "../models/shown-picture.js";

/** @import {CallSession} from "./call-session.js" */
/** @import {Message} from "../models/wire.js" */

const TROUBLE = { denied: "camDenied", missing: "camMissing", busy: "camBusy", insecure: "camInsecure" };

export class ShownView {
  /** @param {CallSession} session */
  constructor(session) {
    this.session = session;
    this.root = session.view.root;
    this.strings = session.config.strings;
    const video = /** @type {MediaTrackConstraints} */ ({ facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } });
    this.camera = new Capture({ type: "video", media: navigator.mediaDevices, replaced: () => this.shown.stop(), constraints: video });
    this.shown = new ShownPicture({
      open: () => this.camera.open(),
      close: () => this.camera.close(),
      on: {
        tell: (step) => this.#tell(step),
        send: (track) => this.session.media?.tap.show(track),
        changed: () => this.#draw(),
        ended: (why) => this.#note((why === "declined" ? this.strings.showDeclined : "") ?? ""),
      },
    });
    const acts = { ask: () => this.#toggle(), accept: () => void this.#accept(), decline: () => this.shown.decline(), stop: () => this.shown.stop() };
    this.buttons = all("[data-show]", this.root);
    for (const button of this.buttons) button.onclick = acts[/** @type {"ask"} */ (button.dataset.show)]; // the next call's take the place of these
    this.#draw();
  }

  /** @param {Message} message */
  receive(message) {
    this.#note("");
    this.shown.receive(message, this.session.config.role === "customer" ? "customer" : "agent");
  }

  /** @param {MediaStreamTrack | null} track */
  comes(track) {
    this.shown.comes(track);
  }

  close() {
    this.shown.end();
    this.#note("");
  }

  #toggle() {
    this.#note("");
    if (this.shown.state === "off") this.shown.ask();
    else this.shown.stop();
  }

  async #accept() {
    try {
      await this.shown.accept();
    } catch (error) {
      const trouble = error instanceof CaptureRefused ? error.trouble : "denied";
      this.#note(this.strings[TROUBLE[trouble]] ?? "");
    }
  }

  /** @param {string} step */
  #tell(step) {
    const { model, signaling } = this.session;
    const to = model.other?.peerId;
    if (to) signaling.tell("show-video", { callId: model.callId, to, step });
  }

  /** @param {string} text */
  #note(text) {
    say("[data-show-note]", text, this.root);
    show("[data-show-trouble]", text !== "", this.root);
  }

  #draw() {
    const { state, track } = this.shown;
    mark("showing", state);
    show("[data-show-question]", state === "asked" || state === "opening", this.root);
    show("[data-shown]", state === "shown", this.root);
    const video = /** @type {HTMLVideoElement} */ (one("[data-shown] video", this.root));
    video.srcObject = track ? new MediaStream([track]) : null;
    if (track) void video.play().catch(() => undefined);
    for (const button of this.buttons.filter(({ dataset }) => dataset.show === "ask")) {
      button.setAttribute("aria-pressed", String(state !== "off"));
      say("span", (state === "off" ? this.strings.showAsk : state === "shown" ? this.strings.showEnd : this.strings.showAsking) ?? "", button);
    }
    if (state === "asked") one("[data-show='accept']", this.root).focus();
  }
}
