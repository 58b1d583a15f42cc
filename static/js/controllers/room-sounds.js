// The voices of a room: one audio element per source, all from the speaker that was chosen. Who is muted is not played.

import { one } from "../helpers/page.js";

export class RoomSounds {
  /** @param {(peerId: string, source: string) => boolean} played by whose word somebody is heard */
  constructor(played) {
    this.played = played;
    this.root = one("[data-sounds]");
    /** @type {Map<string, HTMLAudioElement>} */
    this.elements = new Map();
    this.speaker = "";
    document.addEventListener("pointerdown", () => this.#playAll()); // a browser that held the sound back lets it go now
  }

  /** @param {string} key peer and source @param {MediaStreamTrack | null} track */
  hear(key, track) {
    if (!track) return this.drop(key);
    const element = this.elements.get(key) ?? this.#make(key);
    element.srcObject = new MediaStream([track]);
    this.#hush(key, element);
    void element.play().catch(() => undefined);
  }

  /** @param {string} key */
  drop(key) {
    const element = this.elements.get(key);
    if (!element) return;
    element.srcObject = null;
    element.remove();
    this.elements.delete(key);
  }

  /** Somebody was muted, or is heard again. */
  heed() {
    for (const [key, element] of this.elements) this.#hush(key, element);
  }

  /** @param {string} peerId */
  gone(peerId) {
    for (const key of [...this.elements.keys()]) if (key.startsWith(`${peerId} `)) this.drop(key);
  }

  clear() {
    for (const key of [...this.elements.keys()]) this.drop(key);
  }

  /** @param {string} deviceId */
  async from(deviceId) {
    this.speaker = deviceId;
    await Promise.all([...this.elements.values()].map((element) => element.setSinkId?.(deviceId).catch(() => undefined)));
  }

  /** @param {string} key @param {HTMLAudioElement} element */
  #hush(key, element) {
    const [peerId = "", source = ""] = key.split(" ");
    element.muted = !this.played(peerId, source);
  }

  /** @param {string} key */
  #make(key) {
    const element = document.createElement("audio");
    element.autoplay = true;
    element.dataset.sound = key;
    if (this.speaker) void element.setSinkId?.(this.speaker).catch(() => undefined);
    this.root.append(element);
    this.elements.set(key, element);
    return element;
  }

  #playAll() {
    for (const element of this.elements.values()) if (element.paused) void element.play().catch(() => undefined);
  }
}
