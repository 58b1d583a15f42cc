// Before a room: devices, how loud we are, how we look, who is in; and why it does not work, in this very browser.

import { all, one, say, show } from "../helpers/page.js";
import { fill } from "../helpers/text.js";
import { LevelMeter } from "./level-meter.js";
import { browserKind } from "./microphone-help.js";
import { MIC_WORDS } from "./desk-call.js";
import { troubleIn } from "./room-devices.js";

/** @import {Api} from "../helpers/api.js" */
/** @import {RoomDevices} from "./room-devices.js" */
/** @import {RoomConfig} from "./room-session.js" */

const CAM_WORDS = { denied: "camDenied", missing: "camMissing", busy: "camBusy", insecure: "camInsecure" };
const NAMES_SHOWN = 4;

export class Prejoin {
  /**
   * @param {object} options
   * @param {RoomConfig} options.config
   * @param {Api} options.api
   * @param {RoomDevices} options.devices
   */
  constructor({ config, api, devices }) {
    this.config = config;
    this.strings = config.strings;
    this.api = api;
    this.devices = devices;
    this.root = one("[data-on='prejoin']");
    this.meter = new LevelMeter(one("[data-level]", this.root), this.strings.level ?? "");
    this.preview = /** @type {HTMLVideoElement} */ (one("[data-preview-video]", this.root));
    this.camera = false;
    /** @type {Promise<void>} the microphone is open, or was refused */
    this.ready = Promise.resolve();
    /** @type {AudioContext | null} */
    this.context = null;
    this.muteButton = one("[data-pre-mute]", this.root);
    this.videoButton = /** @type {HTMLElement | null} */ (this.root.querySelector("[data-pre-video]"));
    this.#wire();
  }

  open() {
    show("[data-browser]", false, this.root);
    show(`[data-browser='${browserKind(navigator.userAgent)}']`, true, this.root);
    void this.#who();
    this.ready = this.openMicrophone();
  }

  async openMicrophone() {
    try {
      await this.devices.microphone.open();
      show("[data-mic-trouble]", false, this.root);
      this.hear();
    } catch (error) {
      const trouble = troubleIn(error);
      say("[data-mic-trouble-text]", this.strings[MIC_WORDS[trouble]] ?? "", this.root);
      show("[data-mic-steps]", trouble === "denied", this.root);
      show("[data-mic-trouble]", true, this.root);
    }
    await this.devices.list();
  }

  /** Of the microphone that is in use. */
  hear() {
    const { track } = this.devices.microphone;
    if (!track) return this.meter.stop();
    this.context ??= new AudioContext();
    void this.context.resume();
    this.meter.watch(this.context, track);
  }

  /** Of the camera that is in use, or none. */
  look() {
    const track = this.camera ? this.devices.camera.track : null;
    this.preview.srcObject = track ? new MediaStream([track]) : null;
    this.preview.hidden = track === null;
    one("[data-preview] .avatar", this.root).hidden = track !== null;
    if (track) void this.preview.play().catch(() => undefined);
  }

  /** @param {string} [code] why the room could not be entered */
  refused(code) {
    const line = one("[data-join-refused]", this.root);
    line.hidden = !code;
    if (code) line.textContent = this.strings[`refused_${code}`] ?? this.strings.refused_other ?? "";
  }

  close() {
    this.meter.stop();
    this.preview.srcObject = null;
    void this.context?.close();
    this.context = null;
  }

  #wire() {
    one("[data-mic-retry]", this.root).addEventListener("click", () => void this.openMicrophone());
    this.muteButton.addEventListener("click", () => this.#mute());
    this.videoButton?.addEventListener("click", () => void (this.ready = this.#video()));
    const reopen = () => this.devices.microphone.track || void this.openMicrophone();
    navigator.permissions?.query({ name: /** @type {PermissionName} */ ("microphone") }).then((status) => status.addEventListener("change", reopen), () => undefined);
  }

  #mute() {
    const muted = !this.devices.microphone.muted;
    this.devices.microphone.mute(muted);
    drawSwitch(this.muteButton, { off: muted, icons: ["mic", "mic-off"], words: [this.strings.soundOn, this.strings.soundOff] });
    show("[data-preview-muted]", muted, this.root);
  }

  async #video() {
    this.camera = !this.camera;
    show("[data-cam-trouble]", false, this.root);
    if (this.camera) {
      await this.devices.camera.open().catch((error) => {
        this.camera = false;
        say("[data-cam-trouble-text]", this.strings[CAM_WORDS[troubleIn(error)]] ?? "", this.root);
        show("[data-cam-trouble]", true, this.root);
      });
    } else this.devices.camera.close();
    if (this.videoButton) drawSwitch(this.videoButton, { off: !this.camera, icons: ["video", "video-off"], words: [this.strings.videoOn, this.strings.videoOff] });
    this.look();
    await this.devices.list();
  }

  async #who() {
    const { roomsUrl, roomId } = this.config;
    const status = await this.api.ask("GET", `${roomsUrl}/${roomId}/status`).catch(() => null);
    const present = status?.present ?? [];
    const names = present.slice(0, NAMES_SHOWN).map((/** @type {{name: string}} */ { name }) => name).join(", ");
    say("[data-who]", present.length ? fill(this.strings.inRoom ?? "", { names, count: present.length }) : (this.strings.inRoomNobody ?? ""), this.root);
  }
}

/**
 * A switch says what is, in a word, a glyph and its state.
 * @param {HTMLElement} button
 * @param {{off: boolean, icons: [string, string], words: [string | undefined, string | undefined]}} look
 */
export function drawSwitch(button, { off, icons, words }) {
  button.setAttribute("aria-pressed", String(off));
  one(".icon", button).dataset.i = icons[off ? 1 : 0];
  say("span", words[off ? 1 : 0] ?? "", button);
}

/** Every explanation of a refused camera. @param {Record<string, string>} strings @param {unknown} error */
export function cameraWords(strings, error) {
  return strings[CAM_WORDS[troubleIn(error)]] ?? "";
}

/** @param {string} kind */
export function hideBut(kind) {
  for (const part of all("[data-on]")) if (part.parentElement?.dataset.controller === "room") part.hidden = part.dataset.on !== kind;
}
