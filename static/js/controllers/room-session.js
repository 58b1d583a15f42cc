// One room on one page: the socket, the model, the media, the chat, and coming back when one of them is lost.

import { mark, socketUrl } from "../helpers/page.js";
import { Backoff } from "../models/backoff.js";
import { Chat } from "../models/chat.js";
import { loudnessOf, ownReport, PeerMeter } from "../models/peer-quality.js";
import { Reconnect } from "../models/reconnect.js";
import { roomMedia } from "../models/room-media.js";
import { RoomModel } from "../models/room-model.js";
import { Refusal, Signaling } from "../models/socket.js";
import { Speakers } from "../models/speakers.js";

/** @import {Api} from "../helpers/api.js" */
/** @import {PageConfig} from "../helpers/page.js" */
/** @import {Source} from "../models/mesh.js" */
/** @import {PeerQuality} from "../models/peer-quality.js" */
/** @import {Recovery} from "../models/reconnect.js" */
/** @import {RoomMedia} from "../models/room-media.js" */
/** @import {Message} from "../models/wire.js" */

/** @typedef {Omit<PageConfig, "role"> & {role: "host" | "member", roomId: string, kind: "meeting" | "voice", name: string, roomUrl: string, roomsUrl: string, listUrl: string}} RoomConfig */
/**
 * @typedef {object} RoomEvents
 * @property {() => void} changed
 * @property {(message: Message) => void} told what is worth a notice
 * @property {(peerId: string, source: Source, track: MediaStreamTrack | null) => void} track
 * @property {(recovery: Recovery) => void} recovery
 * @property {(online: boolean) => void} link
 * @property {() => void} chat
 * @property {(why: "removed" | "ended" | "replaced" | "refused") => void} over
 */

/** The server misses a page after six seconds, and takes it out after fourteen: a cut of ten is nobody's leave. */
const PING_MS = 2_000;
const LINK_PATIENCE_MS = 5_000;
const LEVELS_MS = 400;
const QUALITY_MS = 2_000;
const REPORT_MS = 6_000;
/** A path may take this long to come about before it counts as lost. */
const PATIENCE_MS = 8_000;

export class RoomSession {
  /**
   * @param {object} options
   * @param {RoomConfig} options.config
   * @param {Api} options.api
   * @param {RoomEvents} options.on
   */
  constructor({ config, api, on }) {
    this.config = config;
    this.api = api;
    this.on = on;
    this.model = new RoomModel();
    this.speakers = new Speakers();
    /** @type {RoomMedia | null} */
    this.media = null;
    /** @type {Map<Source, MediaStreamTrack | null>} what is sent as soon as there is a way */
    this.tracks = new Map();
    /** @type {Map<string, {meter: PeerMeter, quality: PeerQuality | null}>} */
    this.meters = new Map();
    this.muted = false;
    this.entered = false;
    /** @type {any[]} */ this.timers = [];
    /** @type {any} */ this.patience = null;
    this.chat = new Chat({
      request: (type, fields) => this.signaling.request(type, { roomId: config.roomId, ...fields }),
      changed: () => on.chat(),
    });
    this.signaling = this.#socket();
    this.reconnect = new Reconnect({
      steps: {
        ice: () => this.media?.restartIce(),
        transport: () => this.media?.renew(),
        socket: () => this.signaling.renew(),
      },
      on: (recovery) => on.recovery(recovery),
    });
  }

  /** Resolves once we are in; rejects with a Refusal. @returns {Promise<void>} */
  enter() {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.signaling.start();
    });
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  send(source, track) {
    this.tracks.set(source, track);
    this.media?.setTrack(source, track);
  }

  /** @param {boolean} muted */
  async mute(muted) {
    await this.ask("toggle-audio", { muted });
    this.muted = muted;
    this.media?.mute(muted);
    this.#mine({ muted });
  }

  /** @param {boolean} off */
  async video(off) {
    await this.ask("toggle-video", { off });
    this.#mine({ videoOff: off });
  }

  /** @param {boolean} sharing */
  async share(sharing) {
    await this.ask(sharing ? "screen-share-start" : "screen-share-stop");
    this.#mine({ sharing });
  }

  /** @param {boolean} raised */
  async hand(raised) {
    await this.ask("raise-hand", { raised });
    this.#mine({ handRaisedAt: raised ? Date.now() : null });
  }

  /** @param {string} type @param {Record<string, unknown>} [fields] @returns {Promise<any>} */
  ask(type, fields = {}) {
    return this.signaling.request(type, { roomId: this.config.roomId, ...fields });
  }

  async leave() {
    if (this.entered) await this.ask("leave-room").catch(() => undefined);
    this.close();
  }

  close() {
    this.entered = false;
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.patience);
    this.reconnect.stop();
    this.media?.close();
    this.media = null;
    this.signaling.stop();
  }

  /** Wi-Fi to mobile, or back. */
  networkChanged() {
    this.signaling.hurry();
    if (this.entered) void this.media?.restartIce().catch(() => undefined);
    this.reconnect.hurry();
  }

  /** How well somebody reaches us, as measured here. @param {string} peerId @returns {PeerQuality | null} */
  qualityOf(peerId) {
    return this.meters.get(peerId)?.quality ?? null;
  }

  #socket() {
    return new Signaling({
      url: socketUrl(this.config.socketPath),
      hello: (signaling) => this.#hello(signaling),
      backoff: new Backoff({ mostMs: 2_000 }),
      pingMs: PING_MS,
      patienceMs: LINK_PATIENCE_MS,
      on: {
        message: (message) => this.#receive(message),
        state: (state) => this.#linkIs(state),
        closed: (code) => this.#closed(code),
      },
    });
  }

  /** @param {Signaling} signaling */
  async #hello(signaling) {
    const { roomId } = this.config;
    await signaling.request("login", { token: await this.api.token() }, { answer: "authenticated" });
    try {
      const state = await signaling.request("enter-room", { roomId, since: this.chat.since }, { answer: "room-state" });
      await this.#entered(state);
    } catch (error) {
      if (!(error instanceof Refusal) || ["offline", "timeout", "internal"].includes(error.code)) throw error;
      this.#refused(error);
    }
    await signaling.request("watch-presence").catch(() => undefined);
  }

  /** @param {Message} state */
  async #entered(state) {
    this.model.open(state);
    this.chat.open(state);
    const others = this.model.others.map(({ peerId }) => peerId);
    if (this.media) {
      this.media.meet(others);
      this.media.follow(this.model.plan);
      this.#mind();
    } else this.#begin(state, others);
    this.entered = true;
    this.first?.resolve(undefined);
    await this.#sayAgain();
    this.on.changed();
  }

  /** @param {Message} state @param {string[]} others */
  #begin(state, others) {
    const { roomId, sfuModule } = this.config;
    const media = roomMedia({
      request: (type, fields) => this.signaling.request(type, fields),
      tell: (type, fields) => this.signaling.tell(type, fields),
      roomId,
      peerId: state.peerId,
      rtc: state.rtc,
      loadDevice: async () => new (await import(sfuModule)).Device(),
      on: { track: (peerId, source, track) => this.on.track(peerId, source, track), state: (well, plan) => this.#mediaIs(well, plan) },
    });
    this.media = media;
    media.muted = this.muted;
    for (const [source, track] of this.tracks) media.setTrack(source, track);
    media.begin(this.model.plan, others);
    this.timers = [
      setInterval(() => void this.#listen(), LEVELS_MS),
      setInterval(() => this.on.changed(), QUALITY_MS),
      setInterval(() => this.#report(), REPORT_MS),
    ];
  }

  /** The server may have forgotten what we switched: it is said again. */
  async #sayAgain() {
    const { me } = this.model;
    if (!me) return;
    const live = (/** @type {Source} */ source) => Boolean(this.tracks.get(source));
    if (me.muted !== this.muted) await this.mute(this.muted).catch(() => this.#mutedByHost());
    if (me.videoOff === live("camera")) await this.video(!live("camera")).catch(() => undefined);
    if (me.sharing !== live("screen")) await this.share(live("screen")).catch(() => undefined);
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "room-state") return;
    if (message.type === "error") return this.#withdrawn(message);
    if (message.type === "meeting-started") return this.on.told(message);
    if (this.chat.receive(message)) return;
    if (message.type === "active-speaker") return this.speakers.announce(message.peerId, Date.now());
    const before = this.model.members.get(message.peerId);
    if (!this.model.apply(message)) return void this.media?.receive(message);
    this.#follow(message);
    this.on.told({ ...message, name: message.name ?? before?.name ?? this.model.members.get(message.peerId)?.name });
    this.on.changed();
  }

  /** Our place is gone: its time ran out while we could not be heard, or the right to it. Asking for it again says which. @param {Message} error */
  #withdrawn({ code, roomId }) {
    if (code === "forbidden" && roomId === this.config.roomId) this.signaling.renew();
  }

  /** What the room's change means for the media. @param {Message} message */
  #follow({ type, peerId }) {
    if (type === "user-joined") this.media?.joined(peerId);
    if (type === "user-left") this.#gone(peerId);
    if (type === "plan-changed") this.media?.follow(this.model.plan);
    if (type === "mute-request") this.#mutedByHost();
    if (this.model.over) this.#end(this.model.over);
  }

  /** @param {string} peerId */
  #gone(peerId) {
    this.media?.left(peerId);
    this.speakers.gone(peerId);
    this.meters.delete(peerId);
  }

  #mutedByHost() {
    this.muted = true;
    this.media?.mute(true);
    this.#mine({ muted: true });
  }

  /** @param {Partial<import("../models/room-model.js").Member>} change */
  #mine(change) {
    this.model.mine(change);
    this.on.changed();
  }

  /** @param {boolean} well @param {string} plan */
  #mediaIs(well, plan) {
    mark("mediaPlan", plan);
    mark("roomMedia", well ? "connected" : "connecting");
    this.#mind();
  }

  /** A path that does not come about in time is lost; one that stands is found. */
  #mind() {
    if (this.media?.well) {
      clearTimeout(this.patience);
      this.patience = null;
      this.reconnect.found();
      return;
    }
    this.patience ??= setTimeout(() => {
      this.patience = null;
      if (this.media && !this.media.well) this.reconnect.lost();
    }, PATIENCE_MS);
  }

  /** Who speaks, and how well they arrive. */
  async #listen() {
    if (!this.media) return;
    await Promise.all(this.model.others.map(({ peerId }) => this.#measure(peerId)));
    this.#mind();
  }

  /** @param {string} peerId */
  async #measure(peerId) {
    const rows = (await this.media?.stats(peerId)) ?? [];
    const known = this.meters.get(peerId) ?? { meter: new PeerMeter(), quality: null };
    this.meters.set(peerId, known);
    const now = Date.now();
    this.speakers.note(peerId, loudnessOf(rows), now);
    if (now - known.meter.at >= QUALITY_MS) known.quality = rows.length ? known.meter.look(rows, now) : null;
  }

  #report() {
    const measured = [...this.meters.values()].flatMap(({ quality }) => quality ?? []);
    const report = ownReport(measured);
    if (report) this.signaling.tell("report-quality", { roomId: this.config.roomId, ...report });
  }

  /** @param {string} state */
  #linkIs(state) {
    mark("link", state);
    if (state !== "connecting") this.on.link(state === "online");
  }

  /** @param {number} code */
  #closed(code) {
    if (!this.entered) this.first?.reject(new Refusal(code === 4409 ? "replaced" : "offline"));
    else this.#end(code === 4409 ? "replaced" : "refused");
  }

  /** @param {Refusal} error */
  #refused(error) {
    this.first?.reject(error);
    if (this.entered) this.#end(error.code === "not_member" ? "removed" : "refused");
    else this.close();
  }

  /** @param {"removed" | "ended" | "replaced" | "refused"} why */
  #end(why) {
    this.close();
    this.on.over(why);
  }
}
