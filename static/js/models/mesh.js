// Everyone to everyone: one connection per peer, with perfect negotiation over addressed signals.
// Its lines are fixed (microphone, camera, screen, the screen's sound), so that what is switched on later needs no new offer.

import { sessionOf } from "./direct-peer.js";
import { delivers } from "./receiving.js";

/** @import {Signal} from "./direct-peer.js" */
/** @typedef {"microphone" | "camera" | "screen" | "screen-audio"} Source */
/** @typedef {() => Promise<Iterable<Record<string, any>>>} Stats */

/** In the order of a connection's lines. @type {Source[]} */
export const SOURCES = ["microphone", "camera", "screen", "screen-audio"];
/** @type {Record<Source, "audio" | "video">} */
export const KINDS = { microphone: "audio", camera: "video", screen: "video", "screen-audio": "audio" };
const PATIENCE_MS = 3_000;
const RESTART_AFTER_MS = 2_500;
/** Descriptions under way are given this long before a connection is made anew: on a busy machine none would ever come about. */
const UNDER_WAY_MS = 12_000;
/** Whose answer it is: browsers pass over attributes that they do not know. */
const ANSWERS = "a=x-answers:";
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
class MeshPeer {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} options.create
   * @param {boolean} options.polite
   * @param {Map<Source, MediaStreamTrack | null>} options.tracks
   * @param {{signal: (signal: Signal) => void, track: (source: Source, track: MediaStreamTrack) => void, state: (state: RTCPeerConnectionState) => void}} options.on
   */
  constructor({ rtc, create, polite, tracks, on }) {
    this.rtc = rtc;
    this.create = create;
    this.polite = polite;
    this.tracks = tracks;
    this.on = on;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    this.makingOffer = false;
    /** @type {(RTCIceCandidateInit | null)[]} */
    this.early = [];
    /** @type {Promise<void>} */
    this.queue = Promise.resolve();
    this.openedAt = 0;
    /** @type {any} */ this.patience = null;
    /** @type {any} */ this.restartTimer = null;
  }

  get state() {
    return this.connection?.connectionState ?? "closed";
  }

  start() {
    this.#open();
    if (!this.polite) return this.#begin();
    this.patience = setTimeout(() => this.connection?.remoteDescription ?? this.#begin(), PATIENCE_MS);
  }

  /** All over again, and we offer. */
  renew() {
    this.#open();
    this.#begin();
  }

  /** @param {number} [now] ms */
  renewUnlessUnderWay(now = Date.now()) {
    if (now - this.openedAt >= UNDER_WAY_MS) this.renew();
  }

  /** What stands looks for another way; an offer that nobody has answered is said again. */
  restart() {
    if (this.connection?.remoteDescription) this.connection.restartIce();
    else if (this.connection?.localDescription) this.#tell(this.connection);
  }

  close() {
    clearTimeout(this.patience);
    clearTimeout(this.restartTimer);
    const connection = this.connection;
    this.connection = null;
    connection?.close();
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  setTrack(source, track) {
    const line = this.connection?.getTransceivers()[SOURCES.indexOf(source)];
    line?.sender.replaceTrack(track).catch(() => this.renew()); // another kind of encoding: all over again
  }

  /** One after the other, whatever fails. @param {Signal} signal */
  receive(signal) {
    this.queue = this.queue.then(() => this.#take(signal)).catch(() => undefined);
    return this.queue;
  }

  #open() {
    this.connection?.close();
    this.early = [];
    this.openedAt = Date.now();
    const connection = this.create(this.rtc);
    this.connection = connection;
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (connection === this.connection) this.on.signal({ type: "ice-candidate", candidate: candidate?.toJSON() ?? null });
    });
    connection.addEventListener("negotiationneeded", () => void this.#offer(connection));
    connection.addEventListener("track", ({ track, transceiver }) => {
      const source = SOURCES[connection.getTransceivers().indexOf(transceiver)];
      if (source) this.on.track(source, track);
    });
    connection.addEventListener("connectionstatechange", () => this.#stateChanged(connection));
  }

  /** Our lines; the browser then asks for an offer. */
  #begin() {
    for (const source of SOURCES) {
      const track = this.tracks.get(source);
      this.connection?.addTransceiver(track ?? KINDS[source], { direction: "sendrecv" });
    }
  }

  /** @param {RTCPeerConnection} connection */
  async #offer(connection) {
    if (connection !== this.connection || connection.signalingState !== "stable") return;
    try {
      this.makingOffer = true;
      await connection.setLocalDescription();
      if (connection === this.connection) this.#tell(connection);
    } catch {
      // The other side's offer came in between: it is being answered instead.
    } finally {
      this.makingOffer = false;
    }
  }

  /** @param {RTCPeerConnection} connection */
  #tell(connection) {
    const { type, sdp } = /** @type {RTCSessionDescription} */ (connection.localDescription);
    const answered = type === "answer" ? `${ANSWERS}${versionOf(connection.remoteDescription?.sdp)}\r\n` : "";
    this.on.signal({ type, sdp: sdp + answered });
  }

  /** @param {Signal} signal */
  async #take(signal) {
    if (!this.connection) return;
    if (signal.type === "ice-candidate") return this.#takeCandidate(signal.candidate ?? null);
    await this.#takeDescription(/** @type {RTCSessionDescriptionInit} */ ({ type: signal.type, sdp: signal.sdp }));
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #takeDescription(description) {
    if (description.type === "offer" && this.#answered(description)) return;
    if (description.type === "offer" && !this.#mayTake(description)) return;
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    if (description.type === "answer" && !isAnswerTo(connection, description)) return;
    await connection.setRemoteDescription(description); // an offer rolls our own restart back
    for (const candidate of this.early.splice(0)) await this.#takeCandidate(candidate);
    if (description.type !== "offer") return;
    await this.#join(connection);
    await connection.setLocalDescription();
    this.#tell(connection);
  }

  /** A copy of an offer that we have answered: our answer is said again. @param {RTCSessionDescriptionInit} offer */
  #answered(offer) {
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const known = connection.signalingState === "stable" && connection.remoteDescription?.sdp === offer.sdp;
    if (known && connection.localDescription?.type === "answer") this.#tell(connection);
    return known;
  }

  /** An offer that collides is ignored by the impolite side; a page that was loaded again is met anew. @param {RTCSessionDescriptionInit} offer */
  #mayTake(offer) {
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const collides = this.makingOffer || connection.signalingState !== "stable";
    if (collides && !this.polite) {
      if (!this.makingOffer && connection.localDescription) this.#tell(connection); // ours stands; the first copy may be lost
      return false;
    }
    const known = connection.remoteDescription?.sdp;
    const strange = known ? sessionOf(known) !== sessionOf(offer.sdp) : connection.getTransceivers().length > 0;
    if (strange) this.#open();
    return true;
  }

  /** What we send goes into the lines of the other side's offer. @param {RTCPeerConnection} connection */
  async #join(connection) {
    for (const [at, line] of connection.getTransceivers().entries()) {
      const source = SOURCES[at];
      if (!source || line.direction === "sendrecv") continue;
      line.direction = "sendrecv";
      await line.sender.replaceTrack(this.tracks.get(source) ?? null);
    }
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #takeCandidate(candidate) {
    const connection = this.connection;
    if (!connection?.remoteDescription) {
      this.early.push(candidate);
      return;
    }
    // Of an offer that we ignored, or of a connection that is gone: another candidate will do.
    await connection.addIceCandidate(candidate ?? undefined).catch(() => undefined);
  }

  /** @param {RTCPeerConnection} connection */
  #stateChanged(connection) {
    if (connection !== this.connection) return;
    clearTimeout(this.restartTimer);
    const state = connection.connectionState;
    if (state === "failed") this.restart();
    if (state === "disconnected") this.restartTimer = setTimeout(() => this.restart(), RESTART_AFTER_MS);
    this.on.state(state);
  }
}

/** To the offer that we have made last, and not to one of a connection that is gone. @param {RTCPeerConnection} connection @param {RTCSessionDescriptionInit} answer */
function isAnswerTo(connection, { sdp = "" }) {
  if (connection.signalingState !== "have-local-offer") return false;
  const meant = new RegExp(`^${ANSWERS}(.*?)\r?$`, "m").exec(sdp)?.[1];
  return meant === undefined || meant === versionOf(connection.localDescription?.sdp);
}

/** Which session, and which of its descriptions. @param {string} [sdp] */
function versionOf(sdp = "") {
  return /^o=\S+ (\S+ \S+)/m.exec(sdp)?.[1] ?? "";
}
