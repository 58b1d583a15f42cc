// The page of one room: before it, in it, after it.

import { ChatFiles } from "./controllers/chat-files.js";
import { ChatPanel } from "./controllers/chat-panel.js";
import { wireMenus } from "./controllers/menu.js";
import { RoomDevices } from "./controllers/room-devices.js";
import { wireRoomKeys } from "./controllers/room-keys.js";
import { RoomOwn } from "./controllers/room-own.js";
import { RoomPeople } from "./controllers/room-people.js";
import { drawSwitch, hideBut, Prejoin } from "./controllers/room-prejoin.js";
import { RoomSession } from "./controllers/room-session.js";
import { RoomSounds } from "./controllers/room-sounds.js";
import { RoomTiles } from "./controllers/room-tiles.js";
import { toast, toastMeeting } from "./controllers/toasts.js";
import { WakeLock } from "./controllers/wake-lock.js";
import { Api } from "./helpers/api.js";
import { all, mark, one, pageConfig, say, show } from "./helpers/page.js";
import { clock, fill } from "./helpers/text.js";
import { FileTransfer } from "./models/file-transfer.js";

/** @import {RoomConfig} from "./controllers/room-session.js" */
/** @import {Source} from "./models/mesh.js" */
/** @import {Recovery} from "./models/reconnect.js" */
/** @import {Message} from "./models/wire.js" */

const SPEAKING_MS = 400;
const RECOVERY_WORDS = { ice: "recoverIce", transport: "recoverTransport", socket: "recoverSocket" };
const OVER_WORDS = { removed: "overRemoved", ended: "overEnded", replaced: "overReplaced", refused: "overRefused", left: "overLeft" };

class RoomPage {
  constructor() {
    this.config = /** @type {RoomConfig} */ (/** @type {unknown} */ (pageConfig()));
    this.strings = this.config.strings;
    this.skewMs = this.config.now - Date.now();
    this.voice = this.config.kind === "voice";
    this.meet = one("[data-on='meeting']");
    this.api = new Api(this.config);
    this.wakeLock = new WakeLock();
    this.sounds = new RoomSounds((peerId, source) => this.session?.model.hears(peerId, source) ?? true);
    this.devices = new RoomDevices({
      microphone: (track) => this.own.microphoneIs(track),
      camera: (track) => this.own.cameraIs(track),
      speaker: (deviceId) => void this.sounds.from(deviceId),
    });
    this.prejoin = new Prejoin({ config: this.config, api: this.api, devices: this.devices });
    const { devices, prejoin, strings, voice } = this;
    this.own = new RoomOwn({
      devices, prejoin, strings, voice,
      on: {
        changed: () => this.#draw(),
        refused: (error) => this.#refused(error),
        picture: (source, track) => this.tiles?.picture(this.session?.model.peerId ?? "", source, track),
      },
    });
    /** @type {RoomTiles | null} */ this.tiles = null;
    /** @type {RoomPeople | null} */ this.people = null;
    /** @type {ChatPanel | null} */ this.panel = null;
    /** @type {FileTransfer | null} */ this.transfer = null;
    /** @type {RoomSession | null} */ this.session = null;
    /** @type {any} */ this.ticking = null;
  }

  start() {
    wireMenus();
    this.#wire();
    this.prejoin.open();
    mark("roomView", "prejoin");
  }

  #wire() {
    const join = /** @type {HTMLButtonElement} */ (one("[data-join]"));
    join.addEventListener("click", () => void this.#join(join));
    one("[data-again]").addEventListener("click", () => location.reload());
    const acts = /** @type {Record<string, () => unknown>} */ ({
      mute: () => this.own.mute(), video: () => this.own.video(), share: () => this.own.share(), hand: () => this.#hand(),
      chat: () => this.#side("chat"), people: () => this.#side("people"), leave: () => this.#leave(),
    });
    for (const button of all("[data-control]")) button.addEventListener("click", () => void acts[button.dataset.control ?? ""]?.());
    for (const button of all("[data-layout]")) button.addEventListener("click", () => this.tiles?.choose(/** @type {"grid" | "speaker"} */ (button.dataset.layout)));
    for (const tab of all("[data-tab]")) tab.addEventListener("click", () => this.#side(tab.dataset.tab ?? "chat", true));
    for (const button of all("[data-open-sheet]")) button.addEventListener("click", () => this.#sheet(button.dataset.openSheet ?? "help"));
    one("[data-close-side]").addEventListener("click", () => this.#side(""));
    one("[data-copy]").addEventListener("click", () => void this.#copy());
    one("[data-retry]").addEventListener("click", () => this.session?.reconnect.hurry());
    one("[data-lock]").addEventListener("click", () => void this.#ask("lock-room", { locked: !this.session?.model.locked }));
    for (const box of /** @type {HTMLInputElement[]} */ (all("[data-permission]"))) {
      box.addEventListener("change", () => void this.#ask("set-permissions", { [box.dataset.permission ?? ""]: box.checked ? "all" : "host" }));
    }
    const toggleLayout = () => this.tiles?.choose(this.tiles.layout === "grid" ? "speaker" : "grid");
    wireRoomKeys({
      active: () => this.session?.entered ?? false,
      hold: (speaking) => void this.own.hold(speaking),
      acts: {
        m: () => void acts.mute?.(), v: () => this.voice || void acts.video?.(), s: () => this.voice || void acts.share?.(), g: () => this.voice || toggleLayout(),
        h: () => void acts.hand?.(), c: () => void acts.chat?.(), p: () => void acts.people?.(), "?": () => this.#sheet("help"),
      },
    });
    const network = () => this.session?.networkChanged();
    addEventListener("online", network);
    /** @type {EventTarget | undefined} */ (/** @type {any} */ (navigator).connection)?.addEventListener("change", network);
    document.addEventListener("visibilitychange", () => this.#visible());
    addEventListener("pagehide", () => this.session?.signaling.tell("leave-room", { roomId: this.config.roomId }));
    if (!navigator.mediaDevices?.getDisplayMedia) for (const button of all("[data-control='share']")) button.hidden = true;
  }

  /** @param {HTMLButtonElement} button */
  async #join(button) {
    button.disabled = true;
    this.prejoin.refused();
    await this.prejoin.ready; // who joins in a hurry is heard too
    const session = this.#newSession();
    try {
      await session.enter();
      this.#entered();
    } catch (error) {
      session.close();
      this.session = this.own.session = null;
      this.prejoin.refused(/** @type {{code?: string}} */ (error).code ?? "other");
    }
    button.disabled = false;
  }

  #newSession() {
    const { config, api, strings } = this;
    const session = new RoomSession({
      config, api,
      on: {
        changed: () => this.#draw(),
        told: (message) => this.#told(message),
        track: (peerId, source, track) => this.#heard(peerId, source, track),
        recovery: (recovery) => this.#recovering(recovery),
        link: (online) => this.#link(online),
        chat: () => this.panel?.draw(),
        over: (why) => this.#over(why),
      },
    });
    this.session = session;
    this.own.enter(session);
    this.transfer = new FileTransfer({
      url: `${config.roomsUrl}/${config.roomId}/files`,
      authorization: () => api.authorization(),
      done: (attachment) => session.chat.write("", attachment),
      changed: () => this.panel?.drawUploads(),
    });
    this.tiles = new RoomTiles({ session, strings, voice: this.voice });
    this.people = new RoomPeople({ session, strings, refused: (error) => this.#refused(error) });
    this.panel = new ChatPanel(one("[data-chat]"), {
      chat: session.chat, transfer: this.transfer, files: new ChatFiles(() => api.authorization()), strings, language: config.language,
      nameOf: (peerId) => session.model.members.get(peerId)?.name ?? "",
      unread: (count) => this.#unread(count),
    });
    return session;
  }

  #entered() {
    this.prejoin.close();
    hideBut("meeting");
    mark("roomView", "meeting");
    this.wakeLock.keep(true);
    if (this.devices.speaker) void this.sounds.from(this.devices.speaker);
    this.own.show();
    this.#draw();
    this.panel?.draw();
    if (matchMedia("(min-width: 1100px)").matches) this.#side("chat");
    this.ticking = setInterval(() => this.#tick(), SPEAKING_MS);
    one("[data-control='mute']").focus();
  }

  #draw() {
    const { session } = this;
    if (!session?.entered) return;
    const { model } = session;
    this.tiles?.draw();
    this.people?.draw();
    this.sounds.heed();
    this.#drawControls(session);
    show("[data-locked]", model.locked);
    show("[data-host-only]", model.isHost);
    show("[data-lock-word]", !model.locked);
    show("[data-unlock-word]", model.locked);
    for (const box of /** @type {HTMLInputElement[]} */ (all("[data-permission]"))) {
      box.checked = model.permissions[/** @type {"share"} */ (box.dataset.permission)] !== "host";
    }
    this.panel?.allow(model.may("chat"));
    mark("roomPeople", String(model.members.size));
  }

  /** @param {RoomSession} session */
  #drawControls({ model, muted }) {
    const { strings } = this;
    const camera = this.session?.tracks.get("camera") ?? null;
    const raised = model.me?.handRaisedAt !== null;
    for (const button of all("[data-control='mute']")) drawSwitch(button, { off: muted, icons: ["mic", "mic-off"], words: [strings.soundOn, strings.soundOff] });
    for (const button of all("[data-control='video']")) drawSwitch(button, { off: !camera, icons: ["video", "video-off"], words: [strings.videoOn, strings.videoOff] });
    for (const button of all("[data-control='share']")) drawSwitch(button, { off: this.own.screen !== null, icons: ["share", "share"], words: [strings.share, strings.shareStop] });
    for (const button of all("[data-control='hand']")) drawSwitch(button, { off: raised, icons: ["hand", "hand"], words: [strings.hand, strings.handDown] });
    for (const button of /** @type {HTMLButtonElement[]} */ (all("[data-control='share']"))) button.disabled = !model.may("share") && !this.own.screen;
  }

  #tick() {
    const { session } = this;
    if (!session) return;
    this.tiles?.draw();
    const { startedAt } = session.model;
    say("[data-clock]", clock(startedAt === null ? 0 : Date.now() + this.skewMs - startedAt));
  }

  async #hand() {
    const { session } = this;
    await session?.hand(session.model.me?.handRaisedAt === null).catch((error) => this.#refused(error));
  }

  async #leave() {
    const { session } = this;
    this.session = null;
    this.#ended("left");
    await session?.leave();
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  async #ask(type, fields) {
    await this.session?.ask(type, fields).catch((error) => this.#refused(error));
    this.#draw();
  }

  /** @param {string} peerId @param {Source} source @param {MediaStreamTrack | null} track */
  #heard(peerId, source, track) {
    if (source === "camera" || source === "screen") return this.tiles?.picture(peerId, source, track);
    this.sounds.hear(`${peerId} ${source}`, track);
  }

  /** @param {Message} message */
  #told(message) {
    const { strings } = this;
    if (message.type === "meeting-started") {
      if (message.roomId !== this.config.roomId) toastMeeting(message, strings, this.config.roomUrl);
      return;
    }
    if (message.type === "user-left") this.sounds.gone(message.peerId);
    if (message.type === "mute-request") this.devices.microphone.mute(true);
    toast(fill(this.#notice(message) ?? "", { name: message.name ?? "", by: message.by ?? "" }));
  }

  /** @param {Message} message @returns {string | undefined} */
  #notice({ type, reason, raised, locked, hostPeerId }) {
    const { strings } = this;
    if (type === "user-joined") return strings.joined;
    if (type === "user-left") return { left: strings.left, lost: strings.lost, removed: strings.removedOther }[/** @type {"left"} */ (reason)];
    if (type === "mute-request") return strings.mutedBy;
    if (type === "peer-hand" && raised) return strings.handRaised;
    if (type === "room-changed" && locked !== undefined) return locked ? strings.locked : strings.unlocked;
    return type === "room-changed" && hostPeerId === this.session?.model.peerId ? strings.nowHost : "";
  }

  /** @param {Recovery} recovery */
  #recovering(recovery) {
    mark("recovery", recovery.state === "recovering" ? recovery.step : recovery.state);
    show("[data-recovering]", recovery.state !== "fine");
    show("[data-retry]", recovery.state === "failed");
    if (recovery.state === "recovering") say("[data-recovering-text]", fill(this.strings[RECOVERY_WORDS[recovery.step]] ?? "", { attempt: recovery.attempt }));
    if (recovery.state === "failed") say("[data-recovering-text]", this.strings.recoverFailed ?? "");
  }

  /** @param {boolean} online */
  #link(online) {
    say("[data-link-word]", online ? "" : (this.strings.linkLost ?? ""));
  }

  /** @param {keyof typeof OVER_WORDS} why */
  #over(why) {
    this.session = null;
    this.#ended(why);
  }

  /** @param {keyof typeof OVER_WORDS} why */
  #ended(why) {
    clearInterval(this.ticking);
    this.own.leave();
    this.sounds.clear();
    this.panel?.close();
    this.tiles?.close();
    this.wakeLock.keep(false);
    say("[data-over-text]", this.strings[OVER_WORDS[why]] ?? "");
    show("[data-again]", why !== "removed");
    hideBut("over");
    mark("roomView", "over");
    one("[data-over-text]").focus();
  }

  /** @param {string} name which panel; the same again closes it @param {boolean} [stay] */
  #side(name, stay = false) {
    const open = stay || this.meet.dataset.panel !== name ? name : "";
    this.meet.dataset.panel = open;
    show("[data-side]", open !== "", this.meet);
    for (const button of all("[data-control='chat'], [data-control='people']")) button.setAttribute("aria-pressed", String(button.dataset.control === open));
    for (const part of all("[data-panel-of]")) part.hidden = part.dataset.panelOf !== open;
    for (const tab of all("[data-tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.tab === open));
      tab.tabIndex = tab.dataset.tab === open ? 0 : -1;
    }
    this.panel?.look(open === "chat");
    if (open === "chat" && !stay) this.panel?.focus();
  }

  #visible() {
    this.panel?.look(this.meet.dataset.panel === "chat");
    if (document.visibilityState === "visible") this.session?.signaling.hurry();
  }

  /** @param {number} count */
  #unread(count) {
    const badge = one("[data-unread]");
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? "99+" : String(count);
    badge.title = fill(this.strings.chatUnread ?? "", { count });
  }

  /** @param {string} name */
  #sheet(name) {
    const dialog = /** @type {HTMLDialogElement} */ (one(`[data-sheet='${name}']`));
    if (!dialog.open) dialog.showModal();
    if (name === "devices") void this.devices.list();
  }

  async #copy() {
    await navigator.clipboard?.writeText(location.href).then(() => toast(this.strings.copied ?? ""), () => undefined);
  }

  /** @param {unknown} error */
  #refused(error) {
    const { code } = /** @type {{code?: string}} */ (error);
    toast((code === "forbidden" ? this.strings.forbidden : this.strings.failed) ?? "");
  }
}

new RoomPage().start();
