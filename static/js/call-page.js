// The customer's page of one call: ticket, conversation, farewell.

import { Bell } from "./controllers/bell.js";
import { CallSession, watchNetwork, wireControls } from "./controllers/call-session.js";
import { MicrophoneHelp } from "./controllers/microphone-help.js";
import { Microphone, MicrophoneRefused } from "./controllers/microphone.js";
import { QueueView } from "./controllers/queue-view.js";
import { readingTools } from "./controllers/reading-tools.js";
import { RemoteSound } from "./controllers/remote-sound.js";
import { wireSpeaker } from "./controllers/speaker.js";
import { TalkView } from "./controllers/talk-view.js";
import { WakeLock } from "./controllers/wake-lock.js";
import { all, mark, one, pageConfig, reloadOnce, say, show, socketUrl } from "./helpers/page.js";
import { avatar, fill } from "./helpers/text.js";
import { Signaling } from "./models/socket.js";

/** @import {CallModel} from "./models/call-model.js" */

const LAST_SOUND_MS = 10_000;
const REASONS = { abandoned: "failedAbandoned", not_connected: "failedNotConnected", disconnected: "failedDisconnected" };

class CallPage {
  constructor() {
    this.config = pageConfig();
    readingTools();
    const { strings } = this.config;
    this.main = one("[data-controller='call']");
    this.bell = new Bell();
    this.wakeLock = new WakeLock();
    this.help = new MicrophoneHelp();
    this.queue = new QueueView(strings);
    this.microphone = new Microphone((track) => void this.session.media?.replace(track));
    this.needsMicrophone = false;
    this.heardChime = false;
    this.signaling = this.#socket();
    this.session = new CallSession({
      config: this.config,
      signaling: this.signaling,
      microphone: this.microphone,
      sound: new RemoteSound(),
      view: new TalkView({ root: one("[data-on='call']"), strings, qualityWords: words(strings), skewMs: this.config.now - Date.now() }),
      on: { changed: () => this.#draw() },
    });
  }

  start() {
    if (this.config.status === "ENDED" || this.config.status === "FAILED") return;
    this.#wire();
    this.signaling.start();
    void this.#openMicrophone();
    this.session.prepare().catch(() => undefined);
  }

  #socket() {
    return new Signaling({
      url: socketUrl(this.config.socketPath),
      hello: async (signaling) => {
        const { token } = this.config;
        this.session.joined(await signaling.request("join", { token, since: this.session.model.seq }, { answer: "joined" }));
      },
      on: {
        message: (message) => message.type !== "joined" && this.session.receive(message),
        state: (state) => this.#linkIs(state),
        closed: (code) => this.#closed(code),
      },
    });
  }

  #wire() {
    wireControls(() => this.session);
    for (const button of /** @type {HTMLButtonElement[]} */ (all("[data-press]"))) button.addEventListener("click", () => void this.#press(button));
    one("[data-open-chat]").addEventListener("click", () => this.#toggleChat());
    watchNetwork(this.signaling, () => this.session);
    void wireSpeaker(this.session.sound);
    this.queue.onLeave(() => void this.session.hangUp().catch(() => undefined));
    one("[data-mic-retry]").addEventListener("click", () => void this.#openMicrophone());
    void this.microphone.watchPermission(() => void this.#openMicrophone());
    for (const button of all("[data-reload]")) button.addEventListener("click", () => location.reload());
  }

  /** What the assistant understands without a word. @param {HTMLButtonElement} button */
  async #press(button) {
    button.disabled = true;
    const { callId } = this.session.model;
    await this.signaling.request("press-key", { callId, key: button.dataset.press }).catch(() => undefined);
    button.disabled = false;
  }

  /** The chat takes the place of the captions, and gives it back. */
  #toggleChat() {
    const screen = one("[data-on='call']");
    const open = screen.toggleAttribute("data-chat-open");
    one("[data-chat-sheet]").hidden = !open;
    one("[data-open-chat]").setAttribute("aria-pressed", String(open));
    if (open) this.session.chat?.panel.focus();
  }

  async #openMicrophone() {
    try {
      await this.microphone.open();
      this.needsMicrophone = false;
      mark("microphone", "open");
      this.session.begin();
    } catch (error) {
      this.needsMicrophone = true;
      mark("microphone", "refused");
      if (error instanceof MicrophoneRefused) this.help.explain(error.trouble);
    }
    this.#draw();
  }

  /** @param {string} state */
  #linkIs(state) {
    mark("link", state);
    if (state === "connecting") return;
    this.queue.link(state === "online");
    this.session.link(state === "online");
  }

  /** @param {number} code */
  #closed(code) {
    this.session.close();
    this.microphone.close();
    if (code === 4409) this.#show("replaced");
    else if (!reloadOnce()) this.#show("refused"); // the server knows what to say: over, expired, withdrawn
  }

  #draw() {
    const { model } = this.session;
    if (!model.status) return this.needsMicrophone ? this.#show("microphone") : undefined;
    if (model.over) return this.#over(model);
    this.wakeLock.keep(true);
    if (model.talking) this.#answered(model);
    else if (model.queue) this.queue.draw(model.queue);
    this.help.answered(model.talking);
    this.#show(this.needsMicrophone ? "microphone" : model.talking ? "call" : "queue");
  }

  /** @param {CallModel} model */
  #answered(model) {
    const { strings } = this.config;
    const name = model.agentNames || (model.agent?.name ?? "");
    const automatic = model.agent?.assistant === true;
    this.queue.leave();
    show("[data-automatic]", automatic);
    show("[data-assistant-keys]", automatic);
    show("[data-press='person']", !model.personWanted);
    show("[data-person-wanted]", model.personWanted);
    if (automatic) say("[data-agent-name]", name);
    else say("[data-agent-name]", name ? fill(strings.agentName ?? "", { name }) : (strings.agentUnnamed ?? ""));
    say("[data-agent-department]", model.agent?.department ?? "");
    say("[data-agent-avatar]", automatic ? "AI" : avatar(model.agent?.name ?? ""));
    if (this.heardChime) return;
    this.heardChime = true;
    if (model.status === "CONNECTING") this.bell.chime(); // not again after a reload in the middle
  }

  /** @param {CallModel} model */
  #over(model) {
    this.wakeLock.keep(false);
    this.queue.leave();
    this.microphone.close();
    void this.#sayGoodbye();
    this.#farewell(model);
    this.#show(model.status === "ENDED" ? "ended" : "failed");
    one(`[data-on='${this.main.dataset.screen}'] h1`).focus();
  }

  /** The socket is closed when it has carried the last of our sound. */
  async #sayGoodbye() {
    await Promise.race([this.session.finished, new Promise((done) => setTimeout(done, LAST_SOUND_MS))]);
    this.signaling.stop();
  }

  /** @param {CallModel} model */
  #farewell(model) {
    const { strings } = this.config;
    const key = REASONS[/** @type {keyof typeof REASONS} */ (model.reason)] ?? "failedOther";
    say("[data-why]", strings[key] ?? "");
    if (!model.agent || model.connectedAt === null) return;
    const whole = Math.max(0, Math.round(((model.endedAt ?? Date.now()) - model.connectedAt) / 1000));
    const [minutes, seconds] = [Math.floor(whole / 60), whole % 60];
    const text = (minutes ? strings.talkedMinutes : strings.talkedSeconds) ?? "";
    say("[data-talked]", fill(text, { name: fill(strings.agentName ?? "", { name: model.agent.name }), minutes, seconds }));
  }

  /** @param {string} screen */
  #show(screen) {
    this.main.dataset.screen = screen;
    for (const section of all("[data-on]", this.main)) section.hidden = section.dataset.on !== screen;
  }
}

/** @param {Record<string, string>} strings */
function words(strings) {
  const { linkGood = "", linkFair = "", linkPoor = "", linkLost = "" } = strings;
  return { good: linkGood, fair: linkFair, poor: linkPoor, lost: linkLost };
}

new CallPage().start();
