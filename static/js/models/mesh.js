// Everyone to everyone: one connection per peer.
// Its lines are fixed (microphone, camera, screen, the screen's sound), so that what is switched on later needs no new offer.

import { Negotiation } from "./negotiation.js";
import { delivers } from "./receiving.js";

/** @import {Signal} from "./negotiation.js" */
/** @typedef {"microphone" | "camera" | "screen" | "screen-audio"} Source */
/** @typedef {() => Promise<Iterable<Record<string, any>>>} Stats */

/** In the order of a connection's lines. @type {Source[]} */
export const SOURCES = ["microphone", "camera", "screen", "screen-audio"];
/** @type {Record<Source, "audio" | "video">} */
export const KINDS = { microphone: "audio", camera: "video", screen: "video", "screen-audio": "audio" };
const PATIENCE_MS = 3_000;
/** Descriptions under way are given this long before a connection is made anew: on a busy machine none would ever come about. */
const UNDER_WAY_MS = 12_000;
const SIGNALS = new Set(["offer", "answer", "ice-candidate"]);

/**
 * @typedef {object} MeshEvents
 * @property {(to: string, signal: Signal) => void} signal
 * @property {(peerId: string, source: Source, track: MediaStreamTrack) => void} track
 * @property {(peerId: string, state: RTCPeerConnectionState) => void} state
 */

export class Mesh {
  /**
   * @param {object} options
   * @param {string} options.peerId our own
   * @param {RTCConfiguration} options.rtc
   * @param {MeshEvents} options.on
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} [options.create]
   */
  constructor({ peerId, rtc, on, create = (configuration) => new RTCPeerConnection(configuration) }) {
    this.peerId = peerId;
    this.rtc = rtc;
    this.on = on;
    this.create = create;
    /** @type {Map<Source, MediaStreamTrack | null>} */
    this.tracks = new Map();
    /** @type {Map<string, MeshPeer>} */
    this.peers = new Map();
  }

  /** Everybody there is can be heard. */
  get connected() {
    return [...this.peers.values()].every(({ state }) => state === "connected");
  }

  /** Who is to be connected; the others are let go. @param {Iterable<string>} peerIds */
  meet(peerIds) {
    const wanted = new Set(peerIds);
    for (const peerId of [...this.peers.keys()]) if (!wanted.has(peerId)) this.leave(peerId);
    for (const peerId of wanted) this.#peer(peerId);
  }

  /** @param {string} peerId */
  leave(peerId) {
    this.peers.get(peerId)?.close();
    this.peers.delete(peerId);
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  setTrack(source, track) {
    this.tracks.set(source, track);
    for (const peer of this.peers.values()) peer.setTrack(source, track);
  }

  /** @param {Record<string, any>} message @returns {boolean} whether it was a signal */
  receive(message) {
    if (!SIGNALS.has(message.type)) return false;
    void this.#peer(message.from).receive(/** @type {Signal} */ (/** @type {unknown} */ (message)));
    return true;
  }

  /** Offer again over whatever network there is now. */
  restart() {
    for (const peer of this.peers.values()) peer.restart();
  }

  /** New connections to all who cannot be heard. */
  renew() {
    for (const peer of this.peers.values()) if (peer.state !== "connected") peer.renewUnlessUnderWay();
  }

  /** @param {string} peerId */
  async stats(peerId) {
    const report = await this.peers.get(peerId)?.connection?.getStats();
    return report ? [...report.values()] : [];
  }

  /** @param {string} peerId @param {Source} source */
  delivers(peerId, source) {
    return delivers(this.peers.get(peerId)?.connection?.getTransceivers()[SOURCES.indexOf(source)]?.receiver);
  }

  close() {
    for (const peerId of [...this.peers.keys()]) this.leave(peerId);
  }

  /** @param {string} peerId */
  #peer(peerId) {
    const known = this.peers.get(peerId);
    if (known) return known;
    const peer = new MeshPeer({
      rtc: this.rtc,
      create: this.create,
      polite: this.peerId > peerId,
      tracks: this.tracks,
      on: {
        signal: (signal) => this.on.signal(peerId, signal),
        track: (source, track) => this.on.track(peerId, source, track),
        state: (state) => this.on.state(peerId, state),
      },
    });
    this.peers.set(peerId, peer);
    peer.start();
    return peer;
  }
}

/** One connection. The impolite side offers first; the polite one only when nothing came. */
class MeshPeer extends Negotiation {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} options.create
   * @param {boolean} options.polite
   * @param {Map<Source, MediaStreamTrack | null>} options.tracks
   * @param {{signal: (signal: Signal) => void, track: (source: Source, track: MediaStreamTrack) => void, state: (state: RTCPeerConnectionState) => void}} options.on
   */
  constructor({ tracks, on, ...options }) {
    super({ ...options, on });
    this.tracks = tracks;
    this.hear = on.track;
    /** @type {any} */ this.patience = null;
  }

  start() {
    if (!this.polite) return this.renew();
    this.open();
    this.patience = setTimeout(() => this.connection?.remoteDescription ?? this.restart(), PATIENCE_MS);
  }

  /** @param {number} [now] ms */
  renewUnlessUnderWay(now = Date.now()) {
    if (now - this.openedAt >= UNDER_WAY_MS) this.renew();
  }

  /** @override */
  close() {
    clearTimeout(this.patience);
    super.close();
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  setTrack(source, track) {
    const line = this.connection?.getTransceivers()[SOURCES.indexOf(source)];
    line?.sender.replaceTrack(track).catch(() => this.renew()); // another kind of encoding: all over again
  }

  /** @override @param {RTCPeerConnection} connection */
  begin(connection) {
    for (const source of SOURCES) {
      const track = this.tracks.get(source);
      connection.addTransceiver(track ?? KINDS[source], { direction: "sendrecv" });
    }
  }

  /** @override @param {RTCPeerConnection} connection */
  async join(connection) {
    for (const [at, line] of connection.getTransceivers().entries()) {
      const source = SOURCES[at];
      if (!source || line.direction === "sendrecv") continue;
      line.direction = "sendrecv";
      await line.sender.replaceTrack(this.tracks.get(source) ?? null);
    }
  }

  /** @override @param {MediaStreamTrack} track @param {RTCRtpTransceiver} line */
  heard(track, line) {
    const source = SOURCES[this.connection?.getTransceivers().indexOf(line) ?? -1];
    if (source) this.hear(source, track);
  }
}
