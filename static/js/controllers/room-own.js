// What we bring into a room: our sound, picture and screen, switched on and off, and back again when a device goes away.

import { fill } from "../helpers/text.js";
import { cameraWords } from "./room-prejoin.js";
import { toast } from "./toasts.js";

/** @import {RoomDevices} from "./room-devices.js" */
/** @import {Prejoin} from "./room-prejoin.js" */
/** @import {RoomSession} from "./room-session.js" */
/** @import {Source} from "../models/mesh.js" */

/**
 * @typedef {object} OwnEvents
 * @property {() => void} changed
 * @property {(error: unknown) => void} refused
 * @property {(source: Source, track: MediaStreamTrack | null) => void} picture of ours, for the stage
 */

export class RoomOwn {
  /**
   * @param {object} options
   * @param {RoomDevices} options.devices
   * @param {Prejoin} options.prejoin
   * @param {Record<string, string>} options.strings
   * @param {boolean} options.voice a voice room has neither pictures nor screens
   * @param {OwnEvents} options.on
   */
  constructor({ devices, prejoin, strings, voice, on }) {
    this.devices = devices;
    this.prejoin = prejoin;
    this.strings = strings;
    this.voice = voice;
    this.on = on;
    /** @type {RoomSession | null} the room that we are in */
    this.session = null;
    /** @type {MediaStream | null} */
    this.screen = null;
  }

  /** @param {RoomSession} session what we have goes in with us */
  enter(session) {
    this.session = session;
    session.muted = this.devices.microphone.muted || !this.devices.microphone.track;
    session.send("microphone", this.devices.microphone.track);
    if (this.prejoin.camera) session.send("camera", this.devices.camera.track);
  }

  leave() {
    this.session = null;
    for (const track of this.screen?.getTracks() ?? []) track.stop();
    this.screen = null;
    this.devices.close();
  }

  async mute() {
    const { session } = this;
    if (!session) return;
    const muted = !session.muted;
    if (!muted && !(await this.#hasMicrophone())) return;
    await this.#switchSound(muted);
  }

  /** @param {boolean} muted */
  async #switchSound(muted) {
    this.devices.microphone.mute(true); // what is not allowed is not sent for a moment either
    try {
      await this.session?.mute(muted);
    } catch (error) {
      this.on.refused(error);
    }
    this.devices.microphone.mute(this.session?.muted ?? true);
    this.on.changed();
  }

  async #hasMicrophone() {
    if (this.devices.microphone.track) return true;
    await this.prejoin.openMicrophone();
    const { track } = this.devices.microphone;
    this.session?.send("microphone", track);
    if (!track) toast(this.strings.micDenied ?? "");
    return track !== null;
  }

  /** While Space is held. @param {boolean} speaking */
  async hold(speaking) {
    if (this.session?.muted !== speaking) return;
    if (speaking && !(await this.#hasMicrophone())) return;
    await this.#switchSound(!speaking);
  }

  async video() {
    const { session } = this;
    if (!session) return;
    try {
      const off = Boolean(session.tracks.get("camera"));
      if (off) this.devices.camera.close();
      const track = off ? null : await this.devices.camera.open();
      session.send("camera", track);
      this.show();
      await session.video(off);
      void this.devices.list();
    } catch (error) {
      if (/** @type {{trouble?: string}} */ (error).trouble) toast(cameraWords(this.strings, error));
      else this.on.refused(error);
    }
    this.on.changed();
  }

  async share() {
    const { session } = this;
    if (!session || this.voice) return;
    if (this.screen) return this.#unshare();
    try {
      this.screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: true });
      await session.share(true);
      const [picture, sound] = [this.screen.getVideoTracks()[0] ?? null, this.screen.getAudioTracks()[0] ?? null];
      if (picture) picture.contentHint = "detail";
      picture?.addEventListener("ended", () => void this.#unshare());
      session.send("screen", picture);
      session.send("screen-audio", sound);
      this.show();
    } catch (error) {
      this.#stopScreen();
      if (/** @type {Error} */ (error).name !== "NotAllowedError") this.on.refused(error); // the person thought better of it
    }
    this.on.changed();
  }

  async #unshare() {
    if (!this.screen) return;
    this.#stopScreen();
    await this.session?.share(false).catch(() => undefined);
    this.on.changed();
  }

  #stopScreen() {
    for (const track of this.screen?.getTracks() ?? []) track.stop();
    this.screen = null;
    this.session?.send("screen", null);
    this.session?.send("screen-audio", null);
    this.show();
  }

  /** Our own camera and screen on the stage. */
  show() {
    const { session } = this;
    if (!session) return;
    for (const source of /** @type {Source[]} */ (["camera", "screen"])) this.on.picture(source, session.tracks.get(source) ?? null);
  }

  /** @param {MediaStreamTrack | null} track */
  microphoneIs(track) {
    this.session?.send("microphone", track);
    if (!this.session) this.prejoin.hear();
    else if (track) toast(fill(this.strings.micChanged ?? "", { name: track.label }));
    else void this.#switchSound(true).then(() => toast(this.strings.micGone ?? ""));
  }

  /** @param {MediaStreamTrack | null} track */
  cameraIs(track) {
    if (!this.session) return this.prejoin.look();
    this.session.send("camera", track);
    this.show();
    if (track) return;
    void this.session.video(true).catch(() => undefined);
    toast(this.strings.camGone ?? "");
  }
}
