// The sound of one call: the direct path, the tap, the relayed path and the fallback, each doing its part.

import { DirectPeer } from "./direct-peer.js";
import { FallbackRecorder } from "./fallback-recorder.js";
import { MediaPath } from "./media-path.js";
import { QualityMeter, received } from "./quality.js";
import { SfuTap } from "./sfu-tap.js";

/** @import {CallModel} from "./call-model.js" */
/** @import {Signal} from "./negotiation.js" */
/** @import {Path} from "./media-path.js" */
/** @import {Quality} from "./quality.js" */
/** @import {Message} from "./wire.js" */
/** @import {Signaling} from "./socket.js" */

const FLOW_MS = 250;
const QUALITY_MS = 2_000;
/** The polite side waits longer: were both to offer again at once, one of the offers would be for nothing. */
const NUDGE_MS = { impolite: 1_500, polite: 3_000 };
const OFFER_PATIENCE_MS = 3_000;
/** While nothing is heard by any way the direct one is tried anew. */
const AGAIN_MS = 12_000;
const SIGNALS = new Set(["offer", "answer", "ice-candidate"]);
export const DIRECT = "direct";

/**
 * @typedef {object} MediaEvents
 * @property {(track: MediaStreamTrack, key: string, peerId: string) => void} track somebody's sound, from whichever path; on the direct one the key is DIRECT
 * @property {(key: string) => void} gone
 * @property {(path: Path) => void} flowing packets arrive
 * @property {(quality: Quality) => void} quality
 * @property {(track: MediaStreamTrack | null) => void} picture what the customer shows
 * @property {(channel: RTCDataChannel | null) => void} [channel] on which files go directly, where the call lets them
 * @property {(name: "direct" | "tap" | "recorder", state: string) => void} state
 */
/** @typedef {{path: Path, stats: () => Promise<RTCStatsReport>}} Source */

export class CallMedia {
  /**
   * @param {object} options
   * @param {Signaling} options.signaling
   * @param {CallModel} options.model
   * @param {RTCConfiguration} options.rtc
   * @param {number} options.directTimeoutMs
   * @param {() => Promise<any>} options.loadDevice
   * @param {MediaEvents} options.on
   */
  constructor({ signaling, model, rtc, directTimeoutMs, loadDevice, on }) {
    this.signaling = signaling;
    this.model = model;
    this.on = on;
    this.timeoutMs = directTimeoutMs;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    /** @type {Map<Path, Source>} what may be heard: for a while both, and the server's comes first once it flows */
    this.sources = new Map();
    /** @type {Source | null} whose packets arrive */
    this.source = null;
    /** @type {Path | null} */
    this.reported = null;
    this.meter = new QualityMeter();
    /** @type {Signal[]} what the other side sent before our microphone was there */
    this.early = [];
    /** @type {Map<string, any>} */
    this.timers = new Map();
    this.path = new MediaPath({ timeoutMs: directTimeoutMs, giveUp: () => void this.#giveUp() });
    this.recorder = new FallbackRecorder({
      send: (slice) => signaling.request("audio-data", { callId: model.callId, ...slice }),
      onState: (state) => on.state("recorder", state),
    });
    this.direct = this.#directPeer(rtc);
    this.tap = new SfuTap({
      request: (type, fields) => signaling.request(type, fields),
      loadDevice,
      roomId: model.callId,
      peerId: model.peerId,
      rtc,
      on: { state: (state) => this.#tapIs(state), track: (track, stats, from) => this.#hear("relayed", track, stats, from), gone: (producerId) => on.gone(producerId), ...looksAt(model, on) },
    });
  }

  get begun() {
    return this.track !== null;
  }

  get flows() {
    return this.source !== null;
  }

  /**
   * @param {MediaStreamTrack} track our microphone
   * @param {boolean} isNew whether this page has just come to a call that others are in
   */
  begin(track, isNew) {
    this.track = track;
    this.tap.start(track);
    if (this.model.path === "relayed") this.#relay();
    else this.#goDirect(track, isNew);
  }

  /** Another microphone. @param {MediaStreamTrack} track */
  async replace(track) {
    this.track = track;
    const sender = this.direct.connection?.getSenders()[0];
    await Promise.all([sender?.replaceTrack(track), this.tap.producer?.replaceTrack({ track })]);
    this.tap.track = this.direct.track = track;
  }

  /** @param {Message} message */
  receive(message) {
    if (SIGNALS.has(message.type)) this.#signal(/** @type {Signal} */ (message));
    else if (message.type === "path-changed" && message.path === "relayed" && this.begun) this.#relay();
    else if (message.type === "peer-left" && this.path.path === "relayed") this.#noDirect(); // whoever has gone is not heard by another way
    else if (["peer-joined", "peer-reconnected"].includes(message.type)) this.#nudge();
    else this.tap.receive(message);
  }

  /** The socket is back: what was said meanwhile may be lost. */
  resume() {
    if (!this.begun) return;
    this.recorder.resume();
    void this.tap.check();
    this.#nudge();
    if (this.flows) void this.#report();
  }

  /** Wi-Fi to mobile, or back. */
  networkChanged() {
    if (this.begun && this.direct.connection) this.direct.restart();
  }

  /** Resolves once the sound that goes over the socket has arrived. */
  close() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.sources.clear();
    this.path.close();
    this.direct.close();
    this.tap.stop();
    return this.recorder.finish();
  }

  /** @param {RTCConfiguration} rtc */
  #directPeer(rtc) {
    const peer = new DirectPeer({
      rtc,
      polite: this.model.role === "customer",
      files: this.model.facts.directFiles === true,
      on: {
        signal: (signal) => this.#tell(signal),
        track: (track) => this.#hear("direct", track, () => /** @type {RTCPeerConnection} */ (peer.connection).getStats()),
        state: (state) => this.#directIs(state),
        channel: (channel) => this.on.channel?.(channel),
        negotiated: () => this.path.negotiated(),
      },
    });
    return peer;
  }

  /** @param {MediaStreamTrack} track @param {boolean} isNew */
  #goDirect(track, isNew) {
    const offered = this.early.some(({ type }) => type === "offer");
    this.direct.start(track, isNew && !offered);
    for (const signal of this.early.splice(0)) void this.direct.receive(signal);
    this.#later("offer", OFFER_PATIENCE_MS, () => this.direct.connection?.remoteDescription ?? this.direct.restart());
    this.#later("silence", 3 * this.timeoutMs, () => this.flows || void this.#giveUp());
    if (!this.direct.polite) this.#later("again", AGAIN_MS, () => this.#again());
  }

  #again() {
    if (this.flows || !this.direct.connection) return;
    if (this.direct.state !== "connected") this.direct.renew();
    this.#later("again", AGAIN_MS, () => this.#again());
  }

  /** @param {Signal} signal */
  #signal(signal) {
    if (this.direct.connection) void this.direct.receive(signal);
    else if (!this.begun) this.early = signal.type === "offer" ? [signal] : [...this.early, signal];
  }

  /** @param {Signal} signal */
  #tell(signal) {
    const to = this.model.other?.peerId;
    if (to) this.signaling.tell(signal.type, { ...signal, callId: this.model.callId, to });
  }

  #nudge() {
    this.#later("nudge", NUDGE_MS[this.direct.polite ? "polite" : "impolite"], () => {
      if (this.direct.connection && this.direct.state !== "connected") this.direct.restart();
    });
  }

  #relay() {
    this.path.relayed();
    this.on.channel?.(null); // the sound may go on there for a while; files do not
    this.tap.listen();
  }

  #noDirect() {
    this.sources.delete("direct");
    if (this.source?.path === "direct") this.source = null; // it has no statistics any more
    this.direct.close();
    this.on.gone(DIRECT);
  }

  async #giveUp() {
    if (this.path.path === "relayed" || !this.begun) return;
    try {
      await this.signaling.request("use-path", { callId: this.model.callId, path: "relayed" });
      this.#relay();
    } catch {
      this.#later("give-up", 2_000, () => void this.#giveUp());
    }
  }

  /** @param {import("./sfu-tap.js").TapState} state */
  #tapIs(state) {
    this.on.state("tap", state);
    if (state === "working") this.recorder.standDown();
    else if (state !== "idle" && this.track) this.recorder.standBy(this.track);
  }

  /** @param {RTCPeerConnectionState} state */
  #directIs(state) {
    this.on.state("direct", state);
    this.path.directIs(state);
  }

  /** @param {Path} path @param {MediaStreamTrack} track @param {() => Promise<RTCStatsReport>} stats @param {{producerId: string, peerId: string}} [from] */
  #hear(path, track, stats, from = { producerId: DIRECT, peerId: this.model.other?.peerId ?? "" }) {
    if (this.source?.path === path) this.source = null;
    this.sources.set(path, { path, stats });
    this.on.track(track, from.producerId, from.peerId);
    track.addEventListener("unmute", () => void this.#look());
    this.#later("look", FLOW_MS, () => void this.#look());
  }

  /** What the server has promised to send need not come: the direct path is kept until it does. */
  async #look() {
    const before = this.source;
    const source = (await this.#flowing("relayed")) ?? (await this.#flowing("direct"));
    if (before !== this.source || (source && this.sources.get(source.path) !== source)) return this.#lookAgain();
    if (source && source !== before) this.#flow(source);
    else if (before) this.on.quality(this.meter.look(await rowsOf(before)));
    this.#lookAgain();
  }

  #lookAgain() {
    if (this.sources.size) this.#later("look", this.flows ? QUALITY_MS : FLOW_MS, () => void this.#look());
  }

  /** @param {Path} path */
  async #flowing(path) {
    const source = this.sources.get(path);
    return source && received(await rowsOf(source)).packets > 0 ? source : null;
  }

  /** @param {Source} source */
  #flow(source) {
    this.source = source;
    this.meter = new QualityMeter();
    if (source.path === "relayed") this.#noDirect();
    this.on.flowing(source.path);
    void this.#report();
  }

  /** The first side to say so moves the call to IN_PROGRESS. */
  async #report() {
    const path = this.source?.path ?? "direct";
    if (this.reported === path) return;
    try {
      await this.signaling.request("media-connected", { callId: this.model.callId, path });
      this.reported = path;
    } catch (error) {
      const { code } = /** @type {{code?: string}} */ (error);
      if (code !== "wrong_state") this.#later("report", 1_000, () => void this.#report());
    }
  }

  /** One timer per purpose. @param {string} name @param {number} ms @param {() => unknown} act */
  #later(name, ms, act) {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(act, ms));
  }
}

/** @param {Source} source @returns {Promise<Record<string, any>[]>} */
async function rowsOf(source) {
  const report = await source.stats().catch(() => null);
  return report ? [...report.values()] : [];
}

/** Only the agent is shown anything. @param {CallModel} model @param {MediaEvents} on */
function looksAt(model, on) {
  return model.role === "customer" ? {} : { picture: on.picture };
}
