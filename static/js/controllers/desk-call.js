// The agent's call: head, levels, and the side pane; around a CallSession.

import { mark, one, say, show } from "../helpers/page.js";
import { avatar, fill } from "../helpers/text.js";
import { CallSession } from "./call-session.js";
import { Invitations } from "./invitations.js";
import { drawHandover } from "./handover-view.js";
import { LevelMeter } from "./level-meter.js";
import { MicrophoneRefused } from "./microphone.js";
import { drawSide } from "./offer-view.js";
import { SuggestionsView } from "./suggestions-view.js";
import { RemoteSound } from "./remote-sound.js";
import { TalkView } from "./talk-view.js";

/** @import {Bell} from "./bell.js" */
/** @import {Microphone} from "./microphone.js" */
/** @import {PageConfig} from "../helpers/page.js" */
/** @import {CallModel} from "../models/call-model.js" */
/** @import {Quality} from "../models/quality.js" */
/** @import {Signaling} from "../models/socket.js" */
/** @import {Message} from "../models/wire.js" */

/** What to say when the microphone is refused. */
export const MIC_WORDS = { denied: "micDenied", missing: "micMissing", busy: "micBusy", insecure: "micInsecure" };

export class DeskCall {
  /**
   * @param {object} options
   * @param {PageConfig} options.config
   * @param {Signaling} options.signaling
   * @param {Microphone} options.microphone
   * @param {Bell} options.bell
   * @param {(model: CallModel) => void} options.changed
   */
  constructor({ config, signaling, microphone, bell, changed }) {
    this.config = config;
    this.signaling = signaling;
    this.microphone = microphone;
    this.bell = bell;
    this.changed = changed;
    this.callId = "";
    /** @type {CallSession | null} */
    this.session = null;
    const { strings } = config;
    this.sound = new RemoteSound();
    this.meters = {
      customer: new LevelMeter(one("[data-level='customer']"), strings.customerLevel ?? ""),
      mine: new LevelMeter(one("[data-level='mine']"), strings.myLevel ?? ""),
    };
    this.view = new TalkView({
      root: one("[data-on='talk']"),
      strings,
      qualityWords: { good: strings.qualityGood ?? "", fair: strings.qualityFair ?? "", poor: strings.qualityPoor ?? "", lost: strings.qualityLost ?? "" },
      skewMs: config.now - Date.now(),
    });
    this.invitations = new Invitations(this);
    this.suggestions = new SuggestionsView(strings, (text) => this.session?.chat?.chat.write(text));
    one("[data-mic-retry]").addEventListener("click", () => void this.#openMicrophone());
  }

  /** Enter a call that we are a party of; again after a reconnect. @param {string} callId */
  async enter(callId) {
    if (callId !== this.callId) this.#newSession(callId);
    const session = /** @type {CallSession} */ (this.session);
    const joined = await this.signaling.request("join", { callId, since: session.model.seq }, { answer: "joined" });
    session.joined(joined);
    this.invitations.open(joined.call.invitation ?? null);
    await this.#openMicrophone();
  }

  /** @param {Message} message */
  receive(message) {
    if (message.type === "answers-suggested") {
      if (message.callId === this.callId) this.suggestions.show(message.answers);
      return;
    }
    if (message.type === "invitation") return this.invitations.receive(message);
    if (message.type !== "joined" && (!message.callId || message.callId === this.callId)) this.session?.receive(message);
  }

  leave() {
    const { session, callId } = this;
    session?.close();
    if (session?.model.over) void this.#giveUpSeat(session, callId);
    this.session = null;
    this.callId = "";
    this.microphone.close();
    this.meters.customer.stop();
    this.meters.mine.stop();
    mark("remoteAudio", "none");
  }

  /**
   * When the last of our sound has arrived. The desk's socket lives all day: it would carry every call of it.
   * @param {CallSession} session @param {string} callId
   */
  async #giveUpSeat(session, callId) {
    await session.finished;
    await this.signaling.request("leave", { callId }).catch(() => undefined);
  }

  /** @param {string} callId */
  #newSession(callId) {
    this.leave();
    this.callId = callId;
    this.suggestions.clear();
    this.invitations.clear();
    this.microphone.mute(false);
    this.session = new CallSession({
      config: this.config,
      signaling: this.signaling,
      microphone: this.microphone,
      sound: this.sound,
      view: this.view,
      on: {
        changed: () => this.#draw(),
        heard: (track, peerId) => peerId === this.session?.model.other?.peerId && this.#watch("customer", track),
        quality: (quality) => this.#quality(quality),
      },
    });
    void this.session.prepare().catch(() => undefined);
  }

  async #openMicrophone() {
    const { session } = this;
    try {
      const track = await this.microphone.open();
      show("[data-over-microphone]", false);
      this.#watch("mine", track);
      session?.begin();
    } catch (error) {
      const trouble = error instanceof MicrophoneRefused ? error.trouble : "denied";
      say("[data-mic-text]", this.config.strings[MIC_WORDS[trouble]] ?? "");
      show("[data-over-microphone]", true);
    }
  }

  /** @param {"customer" | "mine"} side @param {MediaStreamTrack} track */
  #watch(side, track) {
    if (this.bell.context && this.session) this.meters[side].watch(this.bell.context, track);
  }

  /** @param {Quality} quality */
  #quality({ rttMs, lossPercent }) {
    one("[data-net]").title = fill(this.config.strings.roundTrip ?? "", { ms: rttMs ?? "–", loss: lossPercent });
  }

  #draw() {
    const model = this.session?.model;
    if (!model) return;
    const { facts } = model;
    const { strings } = this.config;
    const { name = "", contact = "", question = "" } = facts.customer ?? {};
    say("[data-customer-name]", name || (strings.unnamed ?? ""));
    say("[data-customer-avatar]", avatar(name || (strings.guest ?? "")));
    const language = facts.language === "en" ? strings.english : strings.korean;
    say("[data-call-line]", [facts.topic, facts.place, language].filter(Boolean).join(" · "));
    const { topic = "", place = "", reference = "" } = facts;
    drawSide({ name, contact, question, topic, place, reference, language: facts.language }, strings);
    drawHandover(facts.handover, strings);
    this.invitations.draw();
    this.changed(model);
  }
}
