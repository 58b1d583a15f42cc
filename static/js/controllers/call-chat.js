// The chat of one call, on the customer's phone and at the agent's desk.

import { Api } from "../helpers/api.js";
import { all, one } from "../helpers/page.js";
import { fill } from "../helpers/text.js";
import { Chat } from "../models/chat.js";
import { FileTransfer } from "../models/file-transfer.js";
import { ChatFiles } from "./chat-files.js";
import { ChatPanel } from "./chat-panel.js";

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
    this.chat = new Chat({ request: (type, fields) => signaling.request(type, { callId, ...fields }), changed: () => this.panel.draw() });
    const transfer = new FileTransfer({
      url: `/api/v1/rooms/${callId}/files`,
      authorization,
      done: (attachment) => this.chat.write("", attachment),
      changed: () => this.panel.drawUploads(),
    });
    const root = one("[data-chat]");
    this.panel = new ChatPanel(root, {
      chat: this.chat, transfer, files: new ChatFiles(authorization), strings, language,
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
  }

  /** @param {Message} message @returns {boolean} */
  receive(message) {
    return this.chat.receive(message);
  }

  close() {
    this.watcher.disconnect();
    document.removeEventListener("visibilitychange", this.again);
    this.panel.close();
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
