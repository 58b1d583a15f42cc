// One call on one page: the model, the sound and the view of it, and what the socket says.

import { mark, one } from "../helpers/page.js";
import { CallMedia } from "../models/call-media.js";
import { CallModel } from "../models/call-model.js";
import { CallChat } from "./call-chat.js";
import { CaptionsView } from "./captions-view.js";
import { ShownView } from "./shown-view.js";

/** @import {Microphone} from "./microphone.js" */
/** @import {RemoteSound} from "./remote-sound.js" */
/** @import {TalkView} from "./talk-view.js" */
/** @import {PageConfig} from "../helpers/page.js" */
/** @import {Signaling} from "../models/socket.js" */
/** @import {Quality} from "../models/quality.js" */
/** @import {Caption, Message} from "../models/wire.js" */

/**
 * @typedef {object} SessionEvents
 * @property {() => void} changed the model may have changed
 * @property {(track: MediaStreamTrack, peerId: string) => void} [heard]
 * @property {(quality: Quality) => void} [quality]
 */

export class CallSession {
  /**
   * @param {object} options
   * @param {PageConfig} options.config
   * @param {Signaling} options.signaling
   * @param {Microphone} options.microphone
   * @param {RemoteSound} options.sound
   * @param {TalkView} options.view
   * @param {SessionEvents} options.on
   */
  constructor({ config, signaling, microphone, sound, view, on }) {
    this.config = config;
    this.signaling = signaling;
    this.microphone = microphone;
    this.view = view;
    this.on = on;
    this.model = new CallModel(config.role);
    this.captions = new CaptionsView(this.model, config.strings);
    this.sound = sound;
    sound.onBlocked = (blocked) => this.#trouble({ soundBlocked: blocked });
    this.trouble = { mediaFlows: false, online: true, soundBlocked: false, microphone: false };
    /** @type {CallMedia | null} */
    this.media = null;
    /** @type {CallChat | null} */
    this.chat = null;
    this.cameLate = false;
    /** @type {Promise<void>} the sound that goes over the socket has arrived */
    this.finished = Promise.resolve();
    /** @type {Promise<any> | null} */
    this.client = null;
    view.reset();
    this.shown = new ShownView(this);
    this.ticking = setInterval(() => this.view.tick(this.model), 1000);
  }

  /** Load the media client while there is time. */
  prepare() {
    this.client ??= import(this.config.sfuModule);
    this.client.catch(() => (this.client = null)); // asked again at the next attempt
    return this.client;
  }

  /** @param {Message} joined the answer to `join`, first or after a reconnect */
  joined(joined) {
    const first = this.media === null;
    const missed = this.model.join(joined);
    if (first) this.#setUp(joined);
    void this.chat?.open(this.signaling, this.model.callId).catch(() => undefined);
    this.captions.clearPartials();
    for (const message of missed) this.captions.receive(message);
    if (!first) this.media?.resume();
    if (this.model.path === "relayed") this.media?.receive({ type: "path-changed", path: "relayed" });
    this.#changed();
  }

  /** @param {Message} message */
  receive(message) {
    // First the chat: the number in its messages counts messages, not the call's events.
    if (!this.media || (message.callId === this.model.callId && this.chat?.receive(message))) return;
    if (message.type === "show-video") return this.shown.receive(message);
    if (!this.model.apply(message)) return;
    if (!this.captions.receive(message)) this.media.receive(message);
    this.#changed();
  }

  /** @param {boolean} online */
  link(online) {
    this.#trouble({ online });
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.microphone.mute(muted);
    this.view.muted(muted);
    this.signaling.request("toggle-audio", { callId: this.model.callId, muted }).catch(() => undefined);
  }

  hangUp() {
    return this.signaling.request("hang-up", { callId: this.model.callId });
  }

  /** Sound may flow as soon as there is someone to talk with and a microphone. */
  begin() {
    const { media, model, microphone } = this;
    if (!media || media.begun || !model.talking || !microphone.track) return;
    media.begin(microphone.track, this.cameLate);
  }

  close() {
    clearInterval(this.ticking);
    this.captions.close();
    this.chat?.close();
    this.shown.close();
    this.finished = this.media?.close() ?? this.finished;
    this.sound.stop();
  }

  /** @param {Message} joined */
  #setUp(joined) {
    this.cameLate = this.model.talking; // into a running call: our page offers
    if (this.model.parties.get(this.model.peerId)?.muted) this.mute(true); // as it was before the reload
    this.chat = new CallChat({ config: this.config, signaling: this.signaling, model: this.model });
    this.media = new CallMedia({
      signaling: this.signaling,
      model: this.model,
      rtc: joined.rtc,
      directTimeoutMs: this.config.directTimeoutMs,
      loadDevice: async () => new (await this.prepare()).Device(),
      on: {
        track: (track, key, peerId) => this.#hear(track, key, peerId),
        gone: (key) => this.sound.drop(key),
        flowing: (path) => this.#flows(path),
        quality: (quality) => this.#quality(quality),
        picture: (track) => this.shown.comes(track),
        channel: (channel) => this.chat?.use(channel),
        state: (name, state) => mark(name, state),
      },
    });
  }

  /** @param {MediaStreamTrack} track @param {string} key @param {string} peerId */
  #hear(track, key, peerId) {
    this.sound.hear(track, key);
    this.on.heard?.(track, peerId);
  }

  /** @param {string} path */
  #flows(path) {
    mark("mediaPath", path);
    mark("remoteAudio", "flowing");
    this.#trouble({ mediaFlows: true });
  }

  /** @param {Quality} quality */
  #quality(quality) {
    this.view.quality(quality);
    this.on.quality?.(quality);
    const mediaFlows = quality.level > 0;
    mark("remoteAudio", mediaFlows ? "flowing" : "silent");
    if (mediaFlows !== this.trouble.mediaFlows) this.#trouble({ mediaFlows });
  }

  /** @param {Partial<import("./talk-view.js").Trouble>} change */
  #trouble(change) {
    this.trouble = { ...this.trouble, ...change };
    if (this.model.talking) this.view.draw(this.model, this.trouble);
  }

  #changed() {
    mark("callStatus", this.model.status);
    if (this.model.talking) {
      this.begin();
      this.view.draw(this.model, this.trouble);
      this.view.tick(this.model);
    }
    if (this.model.over) this.close();
    this.on.changed();
  }
}

/** How a page's own network and visibility concern its call. @param {Signaling} signaling @param {() => CallSession | null} session */
export function watchNetwork(signaling, session) {
  const changed = () => {
    signaling.hurry();
    session()?.media?.networkChanged();
  };
  addEventListener("online", changed);
  /** @type {EventTarget | undefined} */ (/** @type {any} */ (navigator).connection)?.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && signaling.hurry());
}

/** Mute and hang up. @param {() => CallSession | null} session */
export function wireControls(session) {
  one("[data-mute]").addEventListener("click", () => {
    const current = session();
    current?.mute(!current.microphone.muted);
  });
  const hangUp = /** @type {HTMLButtonElement} */ (one("[data-hang-up]"));
  hangUp.addEventListener("click", async () => {
    hangUp.disabled = true;
    await session()?.hangUp().catch(() => undefined);
    hangUp.disabled = false;
  });
}
