// Our microphone, camera and speaker in a room: opened, listed, chosen, and the next one when one is unplugged.

import { all } from "../helpers/page.js";
import { Capture, CaptureRefused } from "../models/devices.js";

/** @import {DeviceKind, Trouble} from "../models/devices.js" */

/** @typedef {{microphone: (track: MediaStreamTrack | null) => void, camera: (track: MediaStreamTrack | null) => void, speaker: (deviceId: string) => void}} DeviceEvents */

const KEYS = { audioinput: "room-microphone", videoinput: "room-camera", audiooutput: "room-speaker" };

export class RoomDevices {
  /** @param {DeviceEvents} on a track was replaced: by the person, or because its device is gone */
  constructor(on) {
    this.on = on;
    const media = navigator.mediaDevices;
    this.microphone = new Capture({ type: "audio", media, wanted: remembered("audioinput"), replaced: (track) => this.#replaced("microphone", track) });
    this.camera = new Capture({ type: "video", media, wanted: remembered("videoinput"), replaced: (track) => this.#replaced("camera", track) });
    this.speaker = remembered("audiooutput");
    for (const select of selects()) select.addEventListener("change", () => void this.#choose(select));
    media?.addEventListener?.("devicechange", () => void this.list());
  }

  /** The speaker can be chosen in this browser. */
  get choosesSpeaker() {
    return "setSinkId" in HTMLMediaElement.prototype;
  }

  /** What there is goes into every list of the page. */
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    for (const select of selects()) {
      const kind = /** @type {DeviceKind} */ (select.dataset.device);
      const here = devices.filter((device) => device.kind === kind && device.deviceId);
      select.replaceChildren(...here.map((device, at) => new Option(device.label || String(at + 1), device.deviceId)));
      select.value = this.#inUse(kind);
      select.disabled = here.length === 0;
      if (kind === "audiooutput") /** @type {HTMLElement} */ (select.closest("[data-speaker-field]")).hidden = !this.choosesSpeaker || here.length === 0;
    }
  }

  close() {
    this.microphone.close();
    this.camera.close();
  }

  /** @param {DeviceKind} kind */
  #inUse(kind) {
    if (kind === "audioinput") return this.microphone.deviceId;
    return kind === "videoinput" ? this.camera.deviceId : this.speaker || "default";
  }

  /** @param {HTMLSelectElement} select */
  async #choose(select) {
    const kind = /** @type {DeviceKind} */ (select.dataset.device);
    remember(kind, select.value);
    if (kind === "audiooutput") {
      this.speaker = select.value;
      return this.on.speaker(select.value);
    }
    const capture = kind === "audioinput" ? this.microphone : this.camera;
    const wasOn = capture.track !== null;
    capture.wanted = select.value;
    if (!wasOn) return;
    const track = await capture.open(select.value).catch(() => capture.track);
    this.on[kind === "audioinput" ? "microphone" : "camera"](track);
    await this.list();
  }

  /** @param {"microphone" | "camera"} which @param {MediaStreamTrack | null} track */
  #replaced(which, track) {
    this.on[which](track);
    void this.list();
  }
}

/** @param {unknown} error @returns {Trouble} */
export function troubleIn(error) {
  return error instanceof CaptureRefused ? error.trouble : "denied";
}

function selects() {
  return /** @type {HTMLSelectElement[]} */ (all("[data-device]"));
}

/** @param {DeviceKind} kind */
function remembered(kind) {
  return localStorage.getItem(KEYS[kind]) ?? "";
}

/** @param {DeviceKind} kind @param {string} deviceId */
function remember(kind, deviceId) {
  localStorage.setItem(KEYS[kind], deviceId);
}
