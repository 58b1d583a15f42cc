// The media of a room: everyone to everyone, or through the media server. When the plan changes the new path stands
// before the old one is dropped, and each sound and picture changes over once it is heard and seen the new way: nobody
// misses anything.

import { Mesh } from "./mesh.js";
import { SfuRoom } from "./sfu-room.js";

/** @import {Source} from "./mesh.js" */
/** @import {SfuState, View} from "./sfu-room.js" */
/** @import {Message} from "./wire.js" */
/** @typedef {"mesh" | "sfu"} Plan */
/**
 * @typedef {object} Path what both kinds have in common
 * @property {boolean} connected
 * @property {(source: Source, track: MediaStreamTrack | null) => unknown} setTrack
 * @property {(message: Message) => boolean} receive
 * @property {(peerId: string) => Promise<Record<string, any>[]>} stats
 * @property {(peerId: string, source: Source) => boolean} delivers whether it is heard or seen already
 */
/**
 * @typedef {object} RoomMediaEvents
 * @property {(peerId: string, source: Source, track: MediaStreamTrack | null) => void} track
 * @property {(well: boolean, plan: Plan) => void} state whether everything on the path in use is connected
 */

const LOOK_MS = 50;
/** The others change over at their own pace: our old path is kept this much longer, and never longer than the second. */
const DRAIN_MS = 4_000;
const MOST_MS = 20_000;

export class RoomMedia {
  /**
   * @param {object} options
   * @param {string} options.peerId our own
   * @param {(on: import("./mesh.js").MeshEvents) => Mesh} options.mesh
   * @param {(on: import("./sfu-room.js").SfuEvents) => SfuRoom} options.sfu
   * @param {(to: string, signal: import("./negotiation.js").Signal) => void} options.signal
   * @param {RoomMediaEvents} options.on
   */
  constructor({ peerId, mesh, sfu, signal, on }) {
    this.peerId = peerId;
    this.on = on;
    this.make = {
      mesh: () => mesh({ signal, track: (...heard) => this.#heard("mesh", ...heard), state: () => this.#look() }),
      sfu: () => sfu({ track: (...heard) => this.#heard("sfu", ...heard), state: () => this.#look() }),
    };
    /** @type {Plan | null} */
    this.plan = null;
    /** @type {Mesh | null} */
    this.mesh = null;
    /** @type {SfuRoom | null} */
    this.sfu = null;
    /** @type {Map<Source, MediaStreamTrack | null>} */
    this.tracks = new Map();
    /** @type {Set<string>} */
    this.peers = new Set();
    /** @type {Map<string, {plan: Plan, track: MediaStreamTrack}>} what is shown and played, by peer and source */
    this.current = new Map();
    /** @type {Map<string, MediaStreamTrack>} what comes the new way and is not heard or seen yet, by peer and source */
    this.waiting = new Map();
    this.muted = false;
    /** @type {any} */ this.timer = null;
    this.changedAt = 0;
    this.readyAt = 0;
  }

  /** @returns {Path | null} */
  get path() {
    return this.plan === "sfu" ? this.sfu : this.mesh;
  }

  get well() {
    return this.path?.connected ?? false;
  }

  /** @param {Plan} plan @param {Iterable<string>} peerIds the others */
  begin(plan, peerIds) {
    this.peers = new Set(peerIds);
    this.follow(plan);
  }

  /** The plan for the room now. @param {Plan} plan @param {number} [now] ms */
  follow(plan, now = Date.now()) {
    if (plan === this.plan) return;
    this.plan = plan;
    this.waiting.clear();
    this.changedAt = now;
    this.readyAt = 0;
    this.#open(plan);
    if (this.mesh && this.sfu) this.#watch();
    this.#look();
  }

  /** @param {string} peerId */
  joined(peerId) {
    this.peers.add(peerId);
    this.mesh?.meet(this.peers);
  }

  /** @param {string} peerId */
  left(peerId) {
    this.peers.delete(peerId);
    this.mesh?.leave(peerId);
    for (const held of [this.current, this.waiting]) {
      for (const key of [...held.keys()]) if (key.startsWith(`${peerId} `)) held.delete(key);
    }
    this.#look();
  }

  /** Who is in, as a fresh snapshot says. @param {Iterable<string>} peerIds */
  meet(peerIds) {
    const now = new Set(peerIds);
    for (const peerId of [...this.peers]) if (!now.has(peerId)) this.left(peerId);
    this.peers = now;
    this.mesh?.meet(now);
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  setTrack(source, track) {
    this.tracks.set(source, track);
    this.mesh?.setTrack(source, track);
    void this.sfu?.setTrack(source, track);
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    void this.sfu?.mute(muted);
  }

  /** @param {string} peerId @param {Source} source @param {View} view */
  watch(peerId, source, view) {
    this.sfu?.watch(peerId, source, view);
  }

  /** @param {Message} message @returns {boolean} */
  receive(message) {
    if (this.mesh?.receive(message)) return true;
    return this.sfu?.receive(message) ?? false;
  }

  /** @param {string} peerId */
  async stats(peerId) {
    return (await this.path?.stats(peerId).catch(() => [])) ?? [];
  }

  async restartIce() {
    if (this.plan === "mesh") this.mesh?.restart();
    else await this.sfu?.restartIce();
  }

  async renew() {
    if (this.plan === "mesh") this.mesh?.renew();
    else await this.sfu?.renew();
  }

  close() {
    clearTimeout(this.timer);
    this.waiting.clear();
    this.#drop("mesh");
    this.#drop("sfu");
    this.plan = null;
  }

  /** @param {Plan} plan */
  #open(plan) {
    if (plan === "mesh" && !this.mesh) {
      this.mesh = this.make.mesh();
      for (const [source, track] of this.tracks) this.mesh.setTrack(source, track);
      this.mesh.meet(this.peers);
    }
    if (plan === "sfu" && !this.sfu) {
      this.sfu = this.make.sfu();
      this.sfu.muted = this.muted;
      for (const [source, track] of this.tracks) this.sfu.tracks.set(source, track);
      this.sfu.start();
    }
  }

  /** @param {Plan} plan @param {string} peerId @param {Source} source @param {MediaStreamTrack | null} track */
  #heard(plan, peerId, source, track) {
    const key = `${peerId} ${source}`;
    const current = this.current.get(key);
    if (track === null) {
      if (plan === this.plan) this.waiting.delete(key);
      if (current?.plan !== plan) return;
      this.current.delete(key);
      return this.on.track(peerId, source, null);
    }
    if (!current || current.plan === plan) this.#take(key, plan, track);
    else if (plan === this.plan) this.waiting.set(key, track); // until then the old way is heard
    this.#look(); // the last one to be heard makes the path whole
  }

  /** @param {string} key @param {Plan} plan @param {MediaStreamTrack} track */
  #take(key, plan, track) {
    const [peerId = "", source] = key.split(" ");
    this.waiting.delete(key);
    this.current.set(key, { plan, track });
    this.on.track(peerId, /** @type {Source} */ (source), track);
  }

  /** What is heard or seen by now changes over; all of it when the old way is gone. @param {boolean} [all] */
  #changeOver(all = false) {
    for (const [key, track] of [...this.waiting]) {
      const [peerId = "", source] = key.split(" ");
      if (this.plan && (all || this.path?.delivers(peerId, /** @type {Source} */ (source)))) this.#take(key, this.plan, track);
    }
  }

  /** Both paths are open: when may the old one go? */
  #watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const now = Date.now();
      this.#changeOver();
      if (this.well && !this.readyAt) this.readyAt = now;
      const drained = this.readyAt > 0 && now - this.readyAt >= DRAIN_MS && this.#changedOver();
      if (drained || (this.readyAt > 0 && now - this.changedAt > MOST_MS)) this.#drop(this.plan === "sfu" ? "mesh" : "sfu");
      else this.#watch();
    }, LOOK_MS);
  }

  /** Every voice comes the new way, and nothing else is still waited for. */
  #changedOver() {
    const voices = [...this.current].every(([key, { plan }]) => plan === this.plan || !key.endsWith(" microphone"));
    return voices && this.waiting.size === 0;
  }

  /** @param {Plan} plan */
  #drop(plan) {
    if (plan === "mesh") {
      this.mesh?.close();
      this.mesh = null;
    } else {
      this.sfu?.stop();
      this.sfu = null;
    }
    for (const [key, held] of this.current) if (held.plan === plan) this.current.delete(key);
    this.#changeOver(true);
  }

  #look() {
    const { well } = this;
    if (this.plan) this.on.state(well, this.plan);
  }
}

/**
 * @param {object} options
 * @param {import("./sfu-tap.js").Request} options.request
 * @param {string} options.roomId
 * @param {string} options.peerId
 * @param {RTCConfiguration} options.rtc
 * @param {() => Promise<any>} options.loadDevice
 * @param {RoomMediaEvents} options.on
 * @param {(type: string, fields: Record<string, unknown>) => void} options.tell
 */
export function roomMedia({ request, roomId, peerId, rtc, loadDevice, on, tell }) {
  return new RoomMedia({
    peerId,
    mesh: (meshOn) => new Mesh({ peerId, rtc, on: meshOn }),
    sfu: (sfuOn) => new SfuRoom({ request, loadDevice, roomId, peerId, rtc, on: sfuOn }),
    signal: (to, signal) => tell(signal.type, { ...signal, roomId, to }),
    on,
  });
}
