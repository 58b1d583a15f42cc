// Our microphone to the media server, for captions and the recording; on the relayed path also the other side's sound.

import { Backoff } from "./backoff.js";
import { Pulse } from "./pulse.js";

/** @import {Message} from "./wire.js" */
/** @typedef {(type: string, fields?: Record<string, unknown>) => Promise<any>} Request */
/** @typedef {"idle" | "connecting" | "working" | "lost"} TapState */
/** @typedef {{peerId: string, producerId: string, kind: string, source?: string}} Producer */
/**
 * @typedef {object} TapEvents
 * @property {(state: TapState) => void} state
 * @property {(track: MediaStreamTrack, stats: () => Promise<RTCStatsReport>, from: Producer) => void} track somebody's sound; the statistics are of all that comes
 * @property {(producerId: string) => void} [gone] nothing of this comes any more
 * @property {(track: MediaStreamTrack | null) => void} [picture] what the other side shows; null: no more. Without this nothing is looked at
 */

const PULSE_MS = 1_000;
/**
 * No DTX: silence keeps packets coming, so that both sides of the recording keep their times.
 * NACK: what the network loses on the way to the server is sent again, so that the recording lacks nothing.
 */
const PICTURE = { encodings: [{ maxBitrate: 1_200_000 }], codecOptions: { videoGoogleStartBitrate: 600 }, stopTracks: false };
const CODEC_OPTIONS = { opusDtx: false, opusFec: true, opusStereo: false, opusNack: true };

export class SfuTap {
  /**
   * @param {object} options
   * @param {Request} options.request
   * @param {() => Promise<any>} options.loadDevice makes a mediasoup Device
   * @param {string} options.roomId
   * @param {string} options.peerId our own
   * @param {RTCConfiguration} options.rtc
   * @param {TapEvents} options.on
   * @param {Backoff} [options.backoff]
   */
  constructor({ request, loadDevice, roomId, peerId, rtc, on, backoff = new Backoff() }) {
    this.ask = (/** @type {string} */ type, fields = {}) => request(type, { roomId, ...fields });
    this.loadDevice = loadDevice;
    this.peerId = peerId;
    this.rtc = rtc;
    this.on = on;
    this.backoff = backoff;
    /** @type {TapState} */
    this.state = "idle";
    this.listening = false;
    this.run = 0;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    /** @type {MediaStreamTrack | null} our camera, while we show something */
    this.picture = null;
    /** @type {any} */ this.showing = null;
    this.seen = "";
    /** @type {Map<string, Producer>} what others send */
    this.offered = new Map();
    /** @type {Map<string, any>} what we hear already: its consumer, once there is one */
    this.heard = new Map();
    /** @type {any} */ this.device = null;
    /** @type {any} */ this.sending = null;
    /** @type {Promise<any> | null} */ this.hearing = null;
    /** @type {any} */ this.producer = null;
    /** @type {any} */ this.retryTimer = null;
    /** @type {any} */ this.pulseTimer = null;
  }

  /** @param {MediaStreamTrack} track */
  start(track) {
    this.track = track;
    void this.#rejoin();
  }

  stop() {
    this.run += 1;
    clearTimeout(this.retryTimer);
    this.#close();
    this.#become("idle");
  }

  /** From now on the other side is heard through the server. */
  listen() {
    this.listening = true;
    if (this.state === "working") this.#hearAll(this.run);
  }

  /** Our camera, or no more of it. @param {MediaStreamTrack | null} track */
  show(track) {
    this.picture = track;
    const { run, showing } = this;
    if (track) return this.#sendPicture(run).catch(() => this.#failed(run));
    this.showing = null;
    showing?.close();
    return showing ? this.ask("close-producer", { producerId: showing.id }).catch(() => undefined) : undefined;
  }

  /** The socket was away: is the server's half of us still there? */
  async check() {
    if (this.state === "idle") return;
    try {
      if (this.state !== "working") throw new Error("not working");
      await this.ask("resume-producer", { producerId: this.producer.id });
    } catch {
      void this.#rejoin();
    }
  }

  /** @param {Message} message a media notice */
  receive(message) {
    if (this.state === "idle") return;
    if (message.type === "media-lost") this.#failed(this.run);
    if (message.type === "new-producer") this.#offer(/** @type {any} */ (message));
    if (message.type === "producer-closed") this.#forget(message.producerId);
    const gone = message.type === "transport-state" && ["failed", "closed"].includes(message.state);
    if (gone && message.transportId === this.sending?.id) this.#failed(this.run);
  }

  async #rejoin() {
    const run = (this.run += 1);
    clearTimeout(this.retryTimer);
    this.#close();
    this.#become("connecting");
    try {
      await this.#join(run);
    } catch {
      this.#failed(run);
    }
  }

  /** @param {number} run */
  async #join(run) {
    const [device, room] = await Promise.all([this.loadDevice(), this.ask("join-room", { userId: this.peerId })]);
    await device.load({ routerRtpCapabilities: room.rtpCapabilities });
    if (run !== this.run) return;
    this.device = device;
    for (const producer of room.producers) this.#offer(producer);
    const sending = await this.#transport(run, "createSendTransport");
    if (run !== this.run) return sending.close();
    this.sending = sending;
    sending.on("produce", (/** @type {any} */ parameters, /** @type {any} */ done, /** @type {any} */ failed) => {
      const { kind, rtpParameters } = parameters;
      const source = kind === "video" ? { source: "camera" } : {};
      const made = this.ask("produce", { transportId: sending.id, kind, rtpParameters, ...source });
      made.then(({ producerId }) => done({ id: producerId }), failed);
    });
    this.producer = await sending.produce({ track: this.track, codecOptions: CODEC_OPTIONS, stopTracks: false });
    this.#watch(run, new Pulse());
    if (this.picture) await this.#sendPicture(run);
  }

  /** @param {number} run */
  async #sendPicture(run) {
    if (!this.producer) return; // still joining: it is sent as soon as our sound is
    const made = await this.sending.produce({ track: this.picture, ...PICTURE });
    if (run !== this.run || !this.picture) return made.close();
    this.showing = made;
  }

  /** @param {number} run @param {Pulse} pulse */
  #watch(run, pulse) {
    this.pulseTimer = setTimeout(async () => {
      const report = await this.producer?.getStats().catch(() => null);
      if (run !== this.run || !report) return;
      if (pulse.beats(report.values(), Date.now())) this.#watch(run, pulse);
      else this.#failed(run);
    }, PULSE_MS);
  }

  /** @param {number} run @param {"createSendTransport" | "createRecvTransport"} make */
  async #transport(run, make) {
    const { iceServers = [], iceTransportPolicy = "all" } = this.rtc;
    const parameters = await this.ask("create-transport");
    const transport = this.device[make]({ ...parameters, iceServers, iceTransportPolicy });
    transport.on("connect", (/** @type {any} */ { dtlsParameters }, /** @type {any} */ done, /** @type {any} */ failed) => {
      this.ask("connect-transport", { transportId: transport.id, dtlsParameters }).then(done, failed);
    });
    transport.on("connectionstatechange", (/** @type {string} */ state) => this.#transportIs(run, make, state));
    return transport;
  }

  /** @param {number} run @param {string} make @param {string} state */
  #transportIs(run, make, state) {
    if (run !== this.run) return;
    if (state === "failed") this.#failed(run);
    if (state === "connected" && make === "createSendTransport") this.#works(run);
  }

  /** @param {number} run */
  #works(run) {
    this.backoff.reset();
    this.#become("working");
    if (this.listening) this.#hearAll(run);
  }

  /** @param {number} run */
  #failed(run) {
    if (run !== this.run) return;
    this.run += 1;
    this.#close();
    this.#become("lost");
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.#rejoin(), this.backoff.next());
  }

  /** @param {Producer} producer */
  #offer(producer) {
    if (producer.peerId === this.peerId) return;
    if (producer.kind === "video") return this.#look(producer.producerId);
    this.offered.set(producer.producerId, producer);
    if (this.listening && this.device) this.#hearAll(this.run);
  }

  /** @param {number} run */
  #hearAll(run) {
    for (const producer of this.offered.values()) {
      if (this.heard.has(producer.producerId)) continue;
      this.heard.set(producer.producerId, null);
      // With several people one may go while we ask: only what is still offered is a failure.
      this.#hear(run, producer).catch(() => this.offered.has(producer.producerId) && this.#failed(run));
    }
  }

  /** @param {number} run @param {Producer} producer */
  async #hear(run, producer) {
    const consumer = await this.#consume(run, producer.producerId);
    const hearing = await this.hearing;
    if (!consumer) return;
    if (!this.offered.has(producer.producerId)) return consumer.close();
    this.heard.set(producer.producerId, consumer);
    this.on.track(consumer.track, () => (hearing?.getStats ? hearing : consumer).getStats(), producer);
  }

  /** Null when the run is over. @param {number} run @param {string} producerId @param {{paused?: boolean}} [options] */
  async #consume(run, producerId, options = {}) {
    this.hearing ??= this.#transport(run, "createRecvTransport");
    const hearing = await this.hearing;
    if (run !== this.run) {
      hearing.close();
      return null;
    }
    const rtpCapabilities = this.device.recvRtpCapabilities;
    const parameters = await this.ask("consume", { transportId: hearing.id, producerId, rtpCapabilities, ...options });
    if (run !== this.run) return null;
    const consumer = await hearing.consume(parameters);
    return run === this.run ? consumer : null;
  }

  #seeNothing() {
    if (!this.seen) return;
    this.seen = "";
    this.on.picture?.(null);
  }

  /** @param {string} producerId */
  #look(producerId) {
    if (!this.on.picture || this.seen === producerId) return;
    this.seen = producerId;
    const { run } = this;
    this.#see(run, producerId).catch(() => this.seen === producerId && this.#failed(run));
  }

  /** @param {number} run @param {string} producerId */
  async #see(run, producerId) {
    const consumer = await this.#consume(run, producerId, { paused: true });
    if (!consumer || this.seen !== producerId) return;
    this.on.picture?.(consumer.track);
    await this.ask("resume-consumer", { consumerId: consumer.id });
  }

  /** @param {string} producerId */
  #forget(producerId) {
    if (producerId === this.seen) this.#seeNothing();
    this.offered.delete(producerId);
    if (!this.heard.has(producerId)) return;
    this.heard.get(producerId)?.close?.();
    this.heard.delete(producerId);
    this.on.gone?.(producerId);
  }

  #close() {
    clearTimeout(this.pulseTimer);
    this.sending?.close();
    this.hearing?.then((hearing) => hearing.close()).catch(() => undefined);
    this.device = this.sending = this.hearing = this.producer = this.showing = null;
    this.#seeNothing();
    this.offered.clear();
    this.heard.clear();
  }

  /** @param {TapState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }
}
