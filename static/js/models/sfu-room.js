// A room through the media server: what we send, everything that others send, and no more of it than is looked at.

import { Backoff } from "./backoff.js";
import { delivers } from "./receiving.js";

/** @import {Request} from "./sfu-tap.js" */
/** @import {Source} from "./mesh.js" */
/** @import {Message} from "./wire.js" */

/** @typedef {"idle" | "connecting" | "working" | "lost"} SfuState */
/** @typedef {{peerId: string, producerId: string, kind: "audio" | "video", source: Source}} Offered */
/** @typedef {{offered: Offered, consumer: any, paused: boolean, size: string}} Heard */
/** @typedef {{visible: boolean, width: number, height: number}} View of a tile, px */
/**
 * @typedef {object} SfuEvents
 * @property {(state: SfuState) => void} state
 * @property {(peerId: string, source: Source, track: MediaStreamTrack | null) => void} track null: it has ended
 */

/** Three sizes of our camera; the server passes on the one that a tile has room for. */
export const CAMERA_ENCODINGS = [
  { scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: "L1T3" },
  { scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode: "L1T3" },
  { scaleResolutionDownBy: 1, maxBitrate: 1_500_000, scalabilityMode: "L1T3" },
];
const SCREEN_ENCODINGS = [{ maxBitrate: 2_500_000 }];
const VOICE = { opusDtx: true, opusFec: true, opusStereo: false, opusNack: true };
/** A join under way is given this long: on a busy machine one that is begun anew every few seconds would never come about. */
const JOIN_MS = 12_000;
/** Those who look at the same time see the same. */
const LOOK_MS = 200;
/** Sizes are told in steps, or every pixel of a dragged window would be a message. */
const SIZE_STEP = 80;

/** @param {Source} source */
function options(source) {
  if (source === "camera") return { encodings: CAMERA_ENCODINGS, codecOptions: { videoGoogleStartBitrate: 600 } };
  return source === "screen" ? { encodings: SCREEN_ENCODINGS } : { codecOptions: VOICE };
}

export class SfuRoom {
  /**
   * @param {object} given
   * @param {Request} given.request
   * @param {() => Promise<any>} given.loadDevice makes a mediasoup Device
   * @param {string} given.roomId
   * @param {string} given.peerId our own
   * @param {RTCConfiguration} given.rtc
   * @param {SfuEvents} given.on
   * @param {Backoff} [given.backoff]
   */
  constructor({ request, loadDevice, roomId, peerId, rtc, on, backoff = new Backoff() }) {
    this.ask = (/** @type {string} */ type, fields = {}) => request(type, { roomId, ...fields });
    this.loadDevice = loadDevice;
    this.peerId = peerId;
    this.rtc = rtc;
    this.on = on;
    this.backoff = backoff;
    /** @type {SfuState} */
    this.state = "idle";
    this.run = 0;
    /** @type {Map<Source, MediaStreamTrack | null>} what is to be sent */
    this.tracks = new Map();
    /** @type {Map<Source, any>} producers */
    this.sent = new Map();
    /** @type {Map<string, Offered>} */
    this.offered = new Map();
    /** @type {Map<string, Heard>} by producer */
    this.heard = new Map();
    /** @type {Map<string, View>} by peer and source */
    this.views = new Map();
    /** @type {any} */ this.device = null;
    /** @type {any} */ this.sending = null;
    /** @type {Promise<any> | null} */ this.hearing = null;
    /** @type {any} */ this.receiving = null;
    /** @type {any} */ this.retryTimer = null;
    /** @type {Promise<unknown>} what we send changes one after the other */
    this.queue = Promise.resolve();
    this.muted = false;
    this.joiningSince = 0;
    this.lookedAt = -Infinity;
    /** @type {Promise<Record<string, any>[]>} */
    this.looked = Promise.resolve([]);
  }

  /** We send, and hear every microphone that there is. */
  get connected() {
    if (this.state !== "working") return false;
    return [...this.offered.values()].every(({ source, producerId }) => source !== "microphone" || this.heard.has(producerId));
  }

  start() {
    void this.rejoin();
  }

  stop() {
    this.run += 1;
    clearTimeout(this.retryTimer);
    this.#close();
    this.#become("idle");
  }

  /** @param {Source} source @param {MediaStreamTrack | null} track */
  setTrack(source, track) {
    this.tracks.set(source, track);
    const { run } = this;
    this.queue = this.queue.then(() => this.#send(run, source)).catch(() => this.#failed(run));
    return this.queue;
  }

  /** Nothing of ours is to leave the page, not even silence. @param {boolean} muted */
  async mute(muted) {
    this.muted = muted;
    const producer = this.sent.get("microphone");
    if (producer) await this.ask(muted ? "pause-producer" : "resume-producer", { producerId: producer.id }).catch(() => undefined);
  }

  /** How large somebody's picture is on our page, and whether it is in sight. @param {string} peerId @param {Source} source @param {View} view */
  watch(peerId, source, view) {
    this.views.set(`${peerId} ${source}`, view);
    for (const heard of this.heard.values()) {
      if (heard.offered.peerId === peerId && heard.offered.source === source) void this.#fit(heard);
    }
  }

  /** @param {Message} message a media notice @returns {boolean} */
  receive(message) {
    if (this.state === "idle") return false;
    switch (message.type) {
      case "new-producer":
        this.#offer(/** @type {any} */ (message));
        return true;
      case "producer-closed":
        this.#forget(message.producerId);
        return true;
      case "media-lost":
        this.#failed(this.run);
        return true;
      case "transport-state":
        if (["failed", "closed"].includes(message.state) && this.#owns(message.transportId)) this.#failed(this.run);
        return true;
      default:
        return false;
    }
  }

  /** The network has changed: the same transports over other addresses. */
  async restartIce() {
    for (const transport of [this.sending, this.receiving]) {
      if (!transport) continue;
      const { iceParameters } = await this.ask("restart-ice", { transportId: transport.id });
      await transport.restartIce({ iceParameters });
    }
  }

  /** New transports, unless these are just being made. @param {number} [now] ms */
  async renew(now = Date.now()) {
    const underWay = this.state === "connecting" && now - this.joiningSince < JOIN_MS;
    if (!underWay) await this.rejoin();
  }

  /** Everything anew. */
  async rejoin() {
    const run = (this.run += 1);
    clearTimeout(this.retryTimer);
    this.#close();
    this.joiningSince = Date.now();
    this.#become("connecting");
    try {
      await this.#join(run);
    } catch {
      this.#failed(run);
    }
  }

  /** What is measured of one of them. @param {string} peerId */
  async stats(peerId) {
    const tracks = new Set([...this.heard.values()].filter(({ offered }) => offered.peerId === peerId).map(({ consumer }) => consumer.track.id));
    if (!tracks.size) return [];
    const rows = await this.#look();
    const theirs = new Set(rows.filter(({ trackIdentifier }) => tracks.has(trackIdentifier)).map(({ id }) => id));
    return rows.filter(({ type, id, localId }) => (type === "inbound-rtp" ? theirs.has(id) : type !== "remote-outbound-rtp" || theirs.has(localId)));
  }

  /** Everything that comes, measured at once for all: a look costs the browser the same for one of them. @returns {Promise<Record<string, any>[]>} */
  #look(now = Date.now()) {
    if (now - this.lookedAt < LOOK_MS) return this.looked;
    this.lookedAt = now;
    this.looked = Promise.resolve(this.receiving?.getStats()).then((report) => (report ? [...report.values()] : []), () => []);
    return this.looked;
  }

  /** @param {string} peerId @param {Source} source */
  delivers(peerId, source) {
    const heard = [...this.heard.values()].find(({ offered }) => offered.peerId === peerId && offered.source === source);
    return delivers(heard?.consumer.rtpReceiver);
  }

  /** @param {number} run */
  async #join(run) {
    const [device, room] = await Promise.all([this.loadDevice(), this.ask("join-room", { userId: this.peerId })]);
    await device.load({ routerRtpCapabilities: room.rtpCapabilities });
    if (run !== this.run) return;
    this.device = device;
    const sending = await this.#transport(run, "createSendTransport");
    if (run !== this.run) return sending.close();
    this.sending = sending;
    sending.on("produce", (/** @type {any} */ parameters, /** @type {any} */ done, /** @type {any} */ failed) => {
      const { kind, rtpParameters, appData } = parameters;
      const made = this.ask("produce", { transportId: sending.id, kind, rtpParameters, source: appData.source });
      made.then(({ producerId }) => done({ id: producerId }), failed);
    });
    // What was told while we were joining waits here with what the room had already.
    const early = [...this.offered.values()];
    for (const producer of room.producers) this.#offer(producer);
    for (const offered of early) this.#listenTo(offered);
    for (const source of this.tracks.keys()) await this.#send(run, source);
    if (run === this.run && this.sent.size === 0) this.#works(run); // a listener: nothing would ever connect the sending side
  }

  /** What we send of one source becomes what it is to be. @param {number} run @param {Source} source */
  async #send(run, source) {
    if (run !== this.run || !this.sending) return;
    const track = this.tracks.get(source) ?? null;
    const producer = this.sent.get(source);
    if (producer && track) return producer.replaceTrack({ track });
    if (producer) return this.#unsend(source, producer);
    if (!track) return;
    const made = await this.sending.produce({ track, ...options(source), stopTracks: false, appData: { source } });
    if (run !== this.run) return made.close();
    this.sent.set(source, made);
    if (source === "microphone" && this.muted) await this.mute(true);
  }

  /** @param {Source} source @param {any} producer */
  async #unsend(source, producer) {
    this.sent.delete(source);
    producer.close();
    await this.ask("close-producer", { producerId: producer.id }).catch(() => undefined);
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
    if (state === "failed" || state === "disconnected") this.#become("lost"); // who watches decides how to mend it
    const back = state === "connected" && (make === "createSendTransport" || this.state === "lost");
    if (back) this.#works(run);
  }

  /** @param {number} run */
  #works(run) {
    if (run !== this.run) return;
    this.backoff.reset();
    this.#become("working");
  }

  /** @param {number} run */
  #failed(run) {
    if (run !== this.run) return;
    this.run += 1;
    this.#close();
    this.#become("lost");
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.rejoin(), this.backoff.next());
  }

  /** @param {string} transportId */
  #owns(transportId) {
    return [this.sending?.id, this.receiving?.id].includes(transportId);
  }

  /** @param {Offered} producer */
  #offer(producer) {
    if (producer.peerId === this.peerId || this.offered.has(producer.producerId)) return;
    const source = producer.source ?? (producer.kind === "audio" ? "microphone" : "camera");
    const offered = { ...producer, source };
    this.offered.set(producer.producerId, offered);
    this.#listenTo(offered);
  }

  /** @param {Offered} offered */
  #listenTo(offered) {
    if (!this.device || !this.sending) return; // the join is not done: it listens to all that is there by then
    const { run } = this;
    this.#hear(run, offered).catch((error) => {
      // Who sent it began anew a moment ago: what they send now is announced. To fail with them would make others fail with us.
      if (error?.code === "not_found") this.#forget(offered.producerId);
      else if (this.offered.has(offered.producerId)) this.#failed(run);
    });
  }

  /** @param {number} run @param {Offered} offered */
  async #hear(run, offered) {
    this.hearing ??= this.#transport(run, "createRecvTransport");
    const hearing = await this.hearing;
    if (run !== this.run) return hearing.close();
    this.receiving = hearing;
    const rtpCapabilities = this.device.recvRtpCapabilities;
    const fields = { transportId: hearing.id, producerId: offered.producerId, rtpCapabilities };
    const paused = offered.kind === "video";
    const parameters = await this.ask("consume", paused ? { ...fields, paused } : fields);
    if (run !== this.run || !this.offered.has(offered.producerId)) return;
    const consumer = await hearing.consume(parameters);
    if (run !== this.run) return;
    const heard = { offered, consumer, paused, size: "" };
    this.heard.set(offered.producerId, heard);
    this.on.track(offered.peerId, offered.source, consumer.track);
    await this.#fit(heard);
  }

  /** A picture that nobody looks at is not sent to us, and none larger than its tile. @param {Heard} heard */
  async #fit(heard) {
    if (heard.offered.kind !== "video") return;
    const { peerId, source } = heard.offered;
    const view = this.views.get(`${peerId} ${source}`) ?? { visible: true, width: 0, height: 0 };
    const consumerId = heard.consumer.id;
    if (heard.paused === view.visible) {
      heard.paused = !view.visible;
      await this.ask(view.visible ? "resume-consumer" : "pause-consumer", { consumerId }).catch(() => undefined);
    }
    const [width, height] = [stepped(view.width), stepped(view.height)];
    const size = `${width}x${height}`;
    if (!view.visible || !width || size === heard.size) return;
    heard.size = size;
    await this.ask("set-consumer-size", { consumerId, width, height }).catch(() => undefined);
  }

  /** @param {string} producerId */
  #forget(producerId) {
    this.offered.delete(producerId);
    const heard = this.heard.get(producerId);
    if (!heard) return;
    this.heard.delete(producerId);
    heard.consumer.close();
    this.on.track(heard.offered.peerId, heard.offered.source, null);
  }

  #close() {
    this.sending?.close();
    this.hearing?.then((hearing) => hearing.close()).catch(() => undefined);
    this.device = this.sending = this.hearing = this.receiving = null;
    this.sent.clear();
    this.offered.clear();
    this.heard.clear();
  }

  /** @param {SfuState} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }
}

/** @param {number} pixels */
function stepped(pixels) {
  return Math.ceil(pixels / SIZE_STEP) * SIZE_STEP;
}
