// The chat of one call, on the customer's phone and at the agent's desk.

import { Api } from "../helpers/api.js";
import { all, one } from "../helpers/page.js";
import { fill } from "../helpers/text.js";
import { Chat } from "../models/chat.js";
import { DirectFiles } from "../models/direct-files.js";
import { FileChoices } from "../models/file-choices.js";
import { FileTransfer } from "../models/file-transfer.js";
import { ChatFiles } from "./chat-files.js";
import { ChatPanel } from "./chat-panel.js";
import { DirectLines } from "./direct-lines.js";

/** @import {PageConfig} from "../helpers/page.js" */
/** @import {CallModel} from "../models/call-model.js" */
/** @import {Message} from "../models/wire.js" */
/** @import {Signaling} from "../models/socket.js" */

export class CallChat {
  /**
   * @param {object} options
   * @param {PageConfig} options.config
   * @param {Signaling} options.signaling
   * @param {CallModel} options.model
   */
  constructor({ config, signaling, model }) {
    const { strings, language } = config;
    const { callId } = model;
    const api = new Api(config);
    const authorization = async () => (config.token ? `Call ${config.token}` : api.authorization());
    this.strings = strings;
    const request = (/** @type {string} */ type, /** @type {Record<string, unknown>} */ fields) => signaling.request(type, { callId, ...fields });
    this.chat = new Chat({ request, changed: () => this.#changed() });
    this.direct = new DirectFiles({
      request,
      allowed: () => model.path === "direct",
      learn: (message) => this.chat.receive(/** @type {Message} */ (message)),
      changed: () => this.#changed(),
      progressed: (sending) => this.lines.progress(sending),
    });
    const transfer = new FileTransfer({
      url: `/api/v1/rooms/${callId}/files`,
      authorization,
      done: (attachment) => this.chat.write("", attachment),
      changed: () => this.panel.drawUploads(),
    });
    const choices = new FileChoices({ direct: this.direct, office: (files) => transfer.add(files), changed: () => this.panel.drawUploads() });
    this.lines = new DirectLines({ direct: this.direct, choices, strings });
    const root = one("[data-chat]");
    this.panel = new ChatPanel(root, {
      chat: this.chat, transfer, files: new ChatFiles(authorization), choices, direct: this.lines, strings, language,
      nameOf: (peerId) => model.parties.get(peerId)?.name || (strings[model.parties.get(peerId)?.role ?? ""] ?? ""),
      unread: (count) => this.#unread(count),
    });
    // What is on the screen has been read, in whichever layout of the page.
    this.watcher = new IntersectionObserver(([entry]) => this.panel.look(entry?.isIntersecting ?? false));
    this.watcher.observe(one("[data-chat-log]", root));
    this.again = () => this.panel.look(root.offsetParent !== null);
    document.addEventListener("visibilitychange", this.again);
  }

  /** After each join: what was written meanwhile. @param {Signaling} signaling @param {string} callId */
  async open(signaling, callId) {
    this.chat.open(await signaling.request("read-chat", { callId, since: this.chat.since }));
    await this.chat.refresh();
  }

  /** @param {Message} message @returns {boolean} */
  receive(message) {
    return this.chat.receive(message);
  }

  /** The channel on which files go directly. @param {RTCDataChannel | null} channel */
  use(channel) {
    this.direct.use(channel);
  }

  close() {
    this.direct.close();
    this.watcher.disconnect();
    document.removeEventListener("visibilitychange", this.again);
    this.panel.close();
  }

  #changed() {
    this.direct.review(this.chat.list);
    this.panel.draw();
  }

  /** @param {number} count */
  #unread(count) {
    for (const badge of all("[data-unread]")) {
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : String(count);
      badge.title = fill(this.strings.chatUnread ?? "", { count });
    }
  }
}
