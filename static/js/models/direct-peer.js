// The direct path of a call: our microphone to the other side, and theirs to us.

import { CHANNEL } from "./direct-channel.js";
import { Negotiation } from "./negotiation.js";

/** @import {Signal} from "./negotiation.js" */
/**
 * @typedef {object} PeerEvents
 * @property {(signal: Signal) => void} signal to be sent to the other side
 * @property {(track: MediaStreamTrack) => void} track
 * @property {(state: RTCPeerConnectionState) => void} state
 * @property {(channel: RTCDataChannel | null) => void} [channel] for files, of the connection that stands now
 * @property {() => void} negotiated both descriptions stand: from now on ICE has its chance
 */

export class DirectPeer extends Negotiation {
  /**
   * @param {object} options
   * @param {RTCConfiguration} options.rtc
   * @param {boolean} options.polite
   * @param {PeerEvents} options.on
   * @param {boolean} [options.files] whether files may go the same way
   * @param {(rtc: RTCConfiguration) => RTCPeerConnection} [options.create]
   */
  constructor({ on, files = false, ...options }) {
    super({ ...options, on });
    this.hear = on.track;
    this.opened = on.channel ?? (() => undefined);
    this.files = files;
    /** @type {RTCPeerConnection | null} the one that has the channel */
    this.channelled = null;
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
    if (!this.files || this.channelled === connection) return;
    this.channelled = connection;
    this.opened(connection.createDataChannel(CHANNEL.label, CHANNEL.options));
  }

  /** @override @param {RTCPeerConnection} connection */
  join(connection) {
    if (!connection.getSenders().some(({ track }) => track)) this.begin(connection);
  }

  /** @override */
  close() {
    super.close();
    this.channelled = null;
    this.opened(null);
  }

  /** @override @param {MediaStreamTrack} track */
  heard(track) {
    this.hear(track);
  }
}
