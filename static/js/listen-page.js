// A supervisor hears a running call: the sound of everybody in it and the captions. Nothing is sent, no microphone is asked for.

import { CaptionsView } from "./controllers/captions-view.js";
import { wireMenus } from "./controllers/menu.js";
import { readingTools } from "./controllers/reading-tools.js";
import { RoomSounds } from "./controllers/room-sounds.js";
import { mark, one, pageConfig, reloadOnce, say, show, socketUrl } from "./helpers/page.js";
import { clock, fill } from "./helpers/text.js";
import { CallModel } from "./models/call-model.js";
import { SfuRoom } from "./models/sfu-room.js";
import { Refusal, Signaling } from "./models/socket.js";

/** @import {Message} from "./models/wire.js" */

const MEND_MS = 3_000;

class ListenPage {
  constructor() {
    wireMenus();
    readingTools();
    this.config = pageConfig();
    this.strings = this.config.strings;
    this.skewMs = this.config.now - Date.now();
    this.model = new CallModel("supervisor");
    this.captions = new CaptionsView(this.model, this.strings);
    this.sounds = new RoomSounds(() => true); // in a call, who is muted sends silence
    /** @type {SfuRoom | null} */
    this.room = null;
    /** @type {any} */
    this.mending = null;
    this.signaling = new Signaling({
      url: socketUrl(this.config.socketPath),
      hello: (signaling) => this.#hello(signaling),
      on: {
        message: (message) => this.#receive(message),
        state: (state) => mark("link", state),
        closed: () => this.#closed(),
      },
    });
  }

  start() {
    this.signaling.start();
    setInterval(() => this.#tick(), 1000);
    one("[data-play]").addEventListener("click", () => show("[data-play]", false)); // any tap lets the sound go
  }

  /** @param {Signaling} signaling */
  async #hello(signaling) {
    await signaling.request("login", { token: await this.#token() }, { answer: "authenticated" });
    const { callId = "" } = this.config;
    const joined = await signaling.request("join", { callId, since: this.model.seq }, { answer: "joined" });
    const first = this.room === null;
    for (const message of this.model.join(joined)) this.captions.receive(message);
    if (first) this.#setUp(joined);
    else void this.room?.rejoin();
    this.#draw();
  }

  async #token() {
    const response = await fetch(this.config.tokenUrl ?? "", { headers: { accept: "application/json" } }).catch(() => null);
    if (response?.status === 401) location.assign(this.config.loginUrl ?? "/");
    if (!response?.ok) throw new Refusal("offline");
    return (await response.json()).token;
  }

  /** @param {Message} joined */
  #setUp(joined) {
    this.room = new SfuRoom({
      request: (type, fields) => this.signaling.request(type, fields),
      loadDevice: async () => new (await import(this.config.sfuModule)).Device(),
      roomId: this.model.callId,
      peerId: this.model.peerId,
      rtc: joined.rtc,
      on: {
        state: (state) => this.#soundIs(state),
        track: (peerId, source, track) => this.#hear(peerId, source, track),
      },
    });
    if (this.model.talking) this.room.start();
  }

  /** @param {string} peerId @param {string} source @param {MediaStreamTrack | null} track */
  #hear(peerId, source, track) {
    if (source === "camera" || source === "screen") return this.room?.watch(peerId, source, { visible: false, width: 0, height: 0 });
    this.sounds.hear(`${peerId} ${source}`, track);
    mark("heard", String(this.sounds.elements.size));
    const blocked = [...this.sounds.elements.values()].some((element) => element.paused);
    if (blocked) setTimeout(() => show("[data-play]", [...this.sounds.elements.values()].some((element) => element.paused)), 500);
  }

  /** @param {string} state */
  #soundIs(state) {
    clearTimeout(this.mending);
    mark("sound", state);
    if (state === "lost") this.mending = setTimeout(() => void this.room?.renew(), MEND_MS);
    this.#draw();
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "error" && message.callId === this.model.callId) return this.#end(this.strings.gone ?? "");
    if (!this.model.callId || !this.model.apply(message)) return;
    if (!this.captions.receive(message)) this.room?.receive(message);
    this.#draw();
  }

  #draw() {
    const { model, strings } = this;
    mark("callStatus", model.status);
    if (model.over) return this.#end(strings.over ?? "");
    const holder = model.holder;
    if (holder) {
      say("[data-holder]", holder.name);
      /** @type {HTMLInputElement} */ (one("[data-holder-id]")).value = holder.peerId;
    }
    const state = this.room?.state;
    say("[data-note]", (state === "working" ? strings.heard : state === "lost" ? strings.lost : strings.connecting) ?? "");
  }

  #tick() {
    const { connectedAt, over } = this.model;
    if (connectedAt !== null && !over) say("[data-clock]", clock(Date.now() + this.skewMs - connectedAt));
  }

  /** @param {string} why */
  #end(why) {
    this.room?.stop();
    this.sounds.clear();
    this.signaling.stop();
    say("[data-note]", fill(why, {}));
    show("[data-take-over]", false);
  }

  #closed() {
    if (!reloadOnce()) this.#end(this.strings.gone ?? "");
  }
}

new ListenPage().start();
