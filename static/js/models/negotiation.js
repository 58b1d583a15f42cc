// One RTCPeerConnection and how two pages agree on it: perfect negotiation over signals that may be lost, late or crossed.
// When both offer at once the impolite one has its way. An answer says which offer it answers.

const RESTART_AFTER_MS = 2_500;
/** Whose answer it is: browsers pass over attributes that they do not know. */
const ANSWERS = "a=x-answers:";

/** @typedef {{type: string, sdp?: string, candidate?: RTCIceCandidateInit | null}} Signal */
/**
 * @typedef {object} NegotiationEvents
 * @property {(signal: Signal) => void} signal to be sent to the other side
 * @property {(state: RTCPeerConnectionState) => void} state
 * @property {() => void} [negotiated] both descriptions stand: from now on ICE has its chance
 */

export class Negotiation {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {boolean} options.polite
   * @param {NegotiationEvents} options.on
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} [options.create]
   */
  constructor({ rtc, polite, on, create = (configuration) => new RTCPeerConnection(configuration) }) {
    this.rtc = rtc;
    this.polite = polite;
    this.create = create;
    this.on = on;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    this.openedAt = 0;
    this.makingOffer = false;
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

  // --- what the parties send is theirs to say ---

  /** We begin: our lines are put into the connection, and the browser then asks for an offer. @param {RTCPeerConnection} _connection */
  begin(_connection) {}

  /** We answer: what we send goes into the lines of the other side's offer. @param {RTCPeerConnection} _connection @returns {void | Promise<void>} */
  join(_connection) {}

  /** @param {MediaStreamTrack} _track @param {RTCRtpTransceiver} _line */
  heard(_track, _line) {}

  // --- life ---

  /** A new connection, which waits for the other side's offer. */
  open() {
    this.#drop();
    const connection = this.create(this.rtc);
    this.connection = connection;
    this.openedAt = Date.now();
    connection.addEventListener("negotiationneeded", () => void this.#offer(connection));
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (connection === this.connection) this.on.signal({ type: "ice-candidate", candidate: candidate?.toJSON() ?? null });
    });
    connection.addEventListener("track", ({ track, transceiver }) => connection === this.connection && this.heard(track, transceiver));
    connection.addEventListener("connectionstatechange", () => this.#stateChanged(connection));
    return connection;
  }

  /** All over again, and we offer. */
  renew() {
    this.begin(this.open());
  }

  /** What stands looks for another way; an offer that nobody has answered is said again. */
  restart() {
    const { connection } = this;
    if (connection?.signalingState === "have-local-offer") this.#tell(connection);
    else if (connection?.remoteDescription) connection.restartIce();
    else if (connection && !connection.getTransceivers().length) this.begin(connection);
  }

  close() {
    this.#drop();
    this.connection = null;
  }

  /** @param {Signal} signal from the other side */
  receive(signal) {
    this.queue = this.queue.then(() => this.#take(signal));
    return this.queue;
  }

  #drop() {
    clearTimeout(this.restartTimer);
    this.early = [];
    this.makingOffer = false;
    this.connection?.close();
  }

  // --- descriptions ---

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
      if (connection === this.connection) this.makingOffer = false;
    }
  }

  /** @param {RTCPeerConnection} connection */
  #tell(connection) {
    const { type, sdp } = connection.localDescription ?? {};
    if (!type || !sdp) return;
    const answered = type === "answer" ? `${ANSWERS}${versionOf(connection.remoteDescription?.sdp)}\r\n` : "";
    this.on.signal({ type, sdp: sdp + answered });
  }

  /** @param {Signal} signal */
  async #take(signal) {
    if (!this.connection) return;
    if (signal.type === "ice-candidate") return this.#takeCandidate(signal.candidate ?? null);
    try {
      await this.#takeDescription(/** @type {RTCSessionDescriptionInit} */ ({ type: signal.type, sdp: signal.sdp }));
    } catch {
      if (this.connection) this.renew(); // what cannot be used leads to a new start, not to silence
    }
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #takeDescription(description) {
    const offered = description.type === "offer";
    if (offered && (this.#answered(description) || !this.#mayTake(description))) return;
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    if (!offered && !isAnswerTo(connection, description)) return;
    await connection.setRemoteDescription(description); // an offer rolls our own restart back
    for (const candidate of this.early.splice(0)) await this.#takeCandidate(candidate);
    if (offered) {
      await this.join(connection);
      await connection.setLocalDescription();
      this.#tell(connection);
    }
    this.on.negotiated?.();
  }

  /** A copy of an offer that we have answered: our answer is said again. @param {RTCSessionDescriptionInit} offer */
  #answered(offer) {
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const known = connection.signalingState === "stable" && connection.remoteDescription?.sdp === offer.sdp;
    if (known && connection.localDescription?.type === "answer") this.#tell(connection);
    return known;
  }

  /**
   * An offer that collides is ignored by the impolite side. A page that was loaded again is met anew, and so is one that
   * offered when we did: after the rollback of a first offer Chromium may never look for a way (one in forty, see
   * docs/decisions/0002-media.md).
   * @param {RTCSessionDescriptionInit} offer
   */
  #mayTake(offer) {
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const collides = this.makingOffer || connection.signalingState !== "stable";
    if (collides && !this.polite) {
      if (!this.makingOffer) this.#tell(connection); // ours stands; the first copy may be lost
      return false;
    }
    const known = connection.remoteDescription?.sdp;
    const strange = known ? sessionOf(known) !== sessionOf(offer.sdp) : connection.getTransceivers().length > 0;
    if (strange) this.open();
    return true;
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #takeCandidate(candidate) {
    const { connection } = this;
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

/**
 * Whose session it is: the number in the `o=` line, one per RTCPeerConnection of the other side.
 * @param {string} [sdp]
 */
export function sessionOf(sdp = "") {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? "";
}

/** Which session, and which of its descriptions. @param {string} [sdp] */
function versionOf(sdp = "") {
  return /^o=\S+ (\S+ \S+)/m.exec(sdp)?.[1] ?? "";
}
