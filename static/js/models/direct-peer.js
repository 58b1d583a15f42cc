// The direct path of a call: our microphone to the other side, and theirs to us.

import { Negotiation } from "./negotiation.js";

/** @import {Signal} from "./negotiation.js" */
/**
 * @typedef {object} PeerEvents
 * @property {(signal: Signal) => void} signal to be sent to the other side
 * @property {(track: MediaStreamTrack) => void} track
 * @property {(state: RTCPeerConnectionState) => void} state
 * @property {() => void} negotiated both descriptions stand: from now on ICE has its chance
 */

export class DirectPeer extends Negotiation {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {boolean} options.polite
   * @param {PeerEvents} options.on
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} [options.create]
   */
  constructor({ on, ...options }) {
    super({ ...options, on });
    this.hear = on.track;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
  }

  /**
   * @param {MediaStreamTrack} track our microphone
   * @param {boolean} offers whether we begin, or wait for the other side's offer
   */
  start(track, offers) {
    this.track = track;
    if (offers) this.renew();
    else this.open();
  }

  /** @override @param {RTCPeerConnection} connection */
  begin(connection) {
    if (this.track) connection.addTrack(this.track, new MediaStream([this.track]));
  }

  /** @override @param {RTCPeerConnection} connection */
  join(connection) {
    if (!connection.getSenders().some(({ track }) => track)) this.begin(connection);
  }

  /** @override @param {MediaStreamTrack} track */
  heard(track) {
    this.hear(track);
  }
}
