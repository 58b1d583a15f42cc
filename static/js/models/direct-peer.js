// The direct path: one RTCPeerConnection with perfect negotiation.
// A page that is new to the call offers; when both do, the impolite one (the agent) has its way.

const RESTART_AFTER_MS = 2_500;

/** @typedef {{type: string, sdp?: string, candidate?: RTCIceCandidateInit | null}} Signal */
/**
 * @typedef {object} PeerEvents
 * @property {(signal: Signal) => void} signal to be sent to the other side
 * @property {(track: MediaStreamTrack) => void} track
 * @property {(state: RTCPeerConnectionState) => void} state
 * @property {() => void} negotiated both descriptions stand: from now on ICE has its chance
 */

/**
 * Whose session it is: the number in the `o=` line, one per RTCPeerConnection of the other side.
 * @param {string} [sdp]
 */
export function sessionOf(sdp = "") {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? "";
}

export class DirectPeer {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {boolean} options.polite
   * @param {PeerEvents} options.on
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} [options.create]
   */
  constructor({ rtc, polite, on, create = (configuration) => new RTCPeerConnection(configuration) }) {
    this.rtc = rtc;
    this.polite = polite;
    this.on = on;
    this.create = create;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    this.makingOffer = false;
    this.ignoring = false;
    this.mayOffer = false;
    /** @type {(RTCIceCandidateInit | null)[]} candidates that came before their description */
    this.early = [];
    /** @type {Promise<void>} signals are taken one after the other */
    this.queue = Promise.resolve();
    /** @type {any} */
    this.restartTimer = null;
  }

  get state() {
    return this.connection?.connectionState ?? "closed";
  }

  /**
   * @param {MediaStreamTrack} track our microphone
   * @param {boolean} offers whether we begin, or wait for the other side's offer
   */
  start(track, offers) {
    this.track = track;
    this.mayOffer = offers;
    this.#open();
  }

  close() {
    clearTimeout(this.restartTimer);
    const connection = this.connection;
    this.connection = null;
    connection?.close();
  }

  /** Offer again, over whatever network there is now. */
  restart() {
    this.mayOffer = true;
    if (!this.connection) return;
    if (this.connection.signalingState === "have-local-offer") this.#resend(this.connection);
    else if (this.connection.remoteDescription) this.connection.restartIce();
    else void this.#offer(this.connection);
  }

  /** @param {RTCPeerConnection} connection */
  #resend(connection) {
    const { type, sdp } = connection.localDescription ?? {};
    if (type && sdp) this.on.signal({ type, sdp });
  }

  /** @param {Signal} signal from the other side */
  receive(signal) {
    this.queue = this.queue.then(() => this.#take(signal)).catch(() => this.#startOver());
    return this.queue;
  }

  #open() {
    const connection = this.create(this.rtc);
    this.connection = connection;
    this.early = [];
    connection.addEventListener("negotiationneeded", () => void this.#offer(connection));
    connection.addEventListener("icecandidate", ({ candidate }) => this.#candidate(connection, candidate));
    connection.addEventListener("track", ({ track }) => connection === this.connection && this.on.track(track));
    connection.addEventListener("connectionstatechange", () => this.#stateChanged(connection));
    if (this.track) connection.addTrack(this.track, new MediaStream([this.track]));
  }

  /** @param {RTCPeerConnection} connection */
  async #offer(connection) {
    if (!this.mayOffer || connection !== this.connection || connection.signalingState !== "stable") return;
    try {
      this.makingOffer = true;
      await connection.setLocalDescription();
      if (connection === this.connection) this.#resend(connection);
    } catch {
      // The other side's offer came in between: it is being answered instead.
    } finally {
      this.makingOffer = false;
    }
  }

  /** @param {RTCPeerConnection} connection @param {RTCIceCandidate | null} candidate */
  #candidate(connection, candidate) {
    if (connection === this.connection) this.on.signal({ type: "ice-candidate", candidate: candidate?.toJSON() ?? null });
  }

  /** @param {Signal} signal */
  async #take(signal) {
    if (!this.connection) return;
    if (signal.type === "ice-candidate") await this.#takeCandidate(signal.candidate ?? null);
    else await this.#takeDescription(/** @type {RTCSessionDescriptionInit} */ ({ type: signal.type, sdp: signal.sdp }));
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #takeDescription(description) {
    if (description.type === "offer" && this.#isNewPage(description)) this.#startOver();
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const collides = description.type === "offer" && (this.makingOffer || connection.signalingState !== "stable");
    this.ignoring = !this.polite && collides;
    if (this.ignoring) return;
    if (description.type === "answer" && connection.signalingState !== "have-local-offer") return;
    await connection.setRemoteDescription(description); // rolls our own offer back when they collide
    this.mayOffer = true;
    for (const candidate of this.early.splice(0)) await this.#takeCandidate(candidate);
    if (description.type === "offer") {
      await connection.setLocalDescription();
      this.#resend(connection);
    }
    this.on.negotiated();
  }

  /** The other page was loaded again: its old connection is gone, and ours with it. @param {RTCSessionDescriptionInit} offer */
  #isNewPage(offer) {
    const known = this.connection?.remoteDescription?.sdp;
    return Boolean(known) && sessionOf(known) !== sessionOf(offer.sdp);
  }

  #startOver() {
    if (!this.connection) return;
    this.connection.close();
    this.#open();
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #takeCandidate(candidate) {
    const connection = this.connection;
    if (!connection?.remoteDescription) {
      this.early.push(candidate);
      return;
    }
    try {
      await connection.addIceCandidate(candidate ?? undefined);
    } catch {
      // Of an offer that we ignored, or of a connection that is gone: another candidate will do.
    }
  }

  /** @param {RTCPeerConnection} connection */
  #stateChanged(connection) {
    if (connection !== this.connection) return;
    const state = connection.connectionState;
    clearTimeout(this.restartTimer);
    if (state === "failed") connection.restartIce();
    if (state === "disconnected") this.restartTimer = setTimeout(() => this.restart(), RESTART_AFTER_MS);
    this.on.state(state);
  }
}
