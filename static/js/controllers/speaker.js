// Which loudspeaker, where the browser lets a page choose. Elsewhere the button is not shown.

import { all, one } from "../helpers/page.js";

/** @param {HTMLAudioElement} element */
export async function wireSpeaker(element) {
  const button = one("[data-speaker]");
  if (!("setSinkId" in element) || !navigator.mediaDevices?.enumerateDevices) return;
  const dialog = /** @type {HTMLDialogElement} */ (one("[data-speaker-dialog]"));
  button.addEventListener("click", async () => {
    fillList(element, await outputs());
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

/** @param {HTMLAudioElement} element @param {MediaDeviceInfo[]} devices */
function fillList(element, devices) {
  one("[data-speaker-list]").replaceChildren(...devices.map((device) => chip(element, device)));
  all("[data-speaker-list] input").find((input) => /** @type {HTMLInputElement} */ (input).checked)?.focus();
}

/** @param {HTMLAudioElement} element @param {MediaDeviceInfo} device */
function chip(element, { deviceId, label }) {
  const holder = Object.assign(document.createElement("label"), { className: "chip" });
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "speaker", checked: element.sinkId === deviceId });
  input.addEventListener("change", () => void element.setSinkId(deviceId).catch(() => undefined));
  holder.append(input, label);
  return holder;
}
