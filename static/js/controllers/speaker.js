// Which loudspeaker, where the browser lets a page choose. Elsewhere the button is not shown.

import { all, one } from "../helpers/page.js";

/** @import {RemoteSound} from "./remote-sound.js" */

/** @param {RemoteSound} sound */
export async function wireSpeaker(sound) {
  const { element } = sound;
  const button = one("[data-speaker]");
  if (!("setSinkId" in element) || !navigator.mediaDevices?.enumerateDevices) return;
  const dialog = /** @type {HTMLDialogElement} */ (one("[data-speaker-dialog]"));
  button.addEventListener("click", async () => {
    fillList(sound, await outputs());
    dialog.showModal();
  });
  const refresh = async () => (button.hidden = (await outputs()).length < 2);
  navigator.mediaDevices.addEventListener("devicechange", () => void refresh());
  await refresh();
}

async function outputs() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind, label }) => kind === "audiooutput" && label !== "");
}

/** @param {RemoteSound} sound @param {MediaDeviceInfo[]} devices */
function fillList(sound, devices) {
  one("[data-speaker-list]").replaceChildren(...devices.map((device) => chip(sound, device)));
  all("[data-speaker-list] input").find((input) => /** @type {HTMLInputElement} */ (input).checked)?.focus();
}

/** @param {RemoteSound} sound @param {MediaDeviceInfo} device */
function chip(sound, { deviceId, label }) {
  const holder = Object.assign(document.createElement("label"), { className: "chip" });
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "speaker", checked: sound.element.sinkId === deviceId });
  input.addEventListener("change", () => void sound.from(deviceId).catch(() => undefined));
  holder.append(input, label);
  return holder;
}
