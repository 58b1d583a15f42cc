// Written words of one room or call: mine are pending until the server has them, each is there once, in order.

/** @import {Mask, Message} from "./wire.js" */

/** @typedef {{attachmentId: string, name: string, size: number, contentType: string, isImage: boolean, url: string}} Attachment */
/** A file that goes from device to device. @typedef {{name: string, contentType: string, size: number, sha256: string, headSha256: string, state: "offered" | "accepted" | "declined" | "arrived" | "failed"}} Direct */
/**
 * @typedef {object} Entry
 * @property {string} clientId
 * @property {"pending" | "sent" | "failed"} state
 * @property {string} [reason] error code of a failed one
 * @property {number | null} seq
 * @property {{id: string, name: string}} author
 * @property {boolean} mine
 * @property {string} text
 * @property {Mask[]} masks
 * @property {Attachment | null} attachment
 * @property {Direct | null} direct
 * @property {number} at Unix ms
 */
/** @typedef {{readerId: string, name: string, seq: number}} ReadMark */
/**
 * @typedef {object} ChatOptions
 * @property {(type: string, fields: Record<string, unknown>) => Promise<any>} request says where: the room's or the call's id is added there
 * @property {() => void} changed
 * @property {() => number} [now]
 * @property {() => string} [makeId]
 */

const TYPING_MS = 5_000;
const TELL_TYPING_MS = 3_000;
const GAP_MS = 1_500;
/** How far a file has come; what is told late does not take it back. */
const STEPS = { offered: 0, accepted: 1, declined: 2, arrived: 2, failed: 2 };
/** What sending again may mend. */
const PASSING = new Set(["offline", "timeout", "internal", "too_many_requests"]);

export class Chat {
  /** @param {ChatOptions} options */
  constructor({ request, changed, now = Date.now, makeId = () => crypto.randomUUID() }) {
    this.request = request;
    this.changed = changed;
    this.now = now;
    this.makeId = makeId;
    this.me = "";
    /** @type {Map<string, Entry>} by author and client id */
    this.entries = new Map();
    /** @type {Map<string, ReadMark>} */
    this.marks = new Map();
    /** @type {Map<string, number>} peer -> until when they count as typing */
    this.typing = new Map();
    this.lastSeq = 0;
    this.readSeq = 0;
    this.looking = false;
    this.toldTyping = 0;
    /** @type {any} */
    this.gapTimer = null;
  }

  /** First what the server numbered, then what it has not yet. @returns {Entry[]} */
  get list() {
    const all = [...this.entries.values()];
    const sent = all.filter(({ seq }) => seq !== null).sort((a, b) => Number(a.seq) - Number(b.seq));
    return [...sent, ...all.filter(({ seq }) => seq === null)];
  }

  get unread() {
    return this.list.filter(({ mine, seq }) => !mine && Number(seq) > this.readSeq).length;
  }

  get hasEarlier() {
    const first = this.list[0]?.seq;
    return typeof first === "number" && first > 1;
  }

  /** `since` for a page that comes back. */
  get since() {
    return this.#whole();
  }

  /** What a page gets that enters, first or again. @param {Record<string, any>} state */
  open(state) {
    this.me = state.me ?? this.me;
    for (const message of state.messages ?? []) this.#take(message);
    for (const mark of state.readMarks ?? []) this.#mark(mark);
    this.lastSeq = Math.max(this.lastSeq, state.lastSeq ?? 0);
    for (const entry of this.list) if (entry.state === "pending") void this.#send(entry);
    this.#look();
    this.changed();
  }

  /** @param {Message} message @returns {boolean} whether it was for the chat */
  receive(message) {
    if (message.type === "message-received") this.#arrived(message.message);
    else if (message.type === "read-mark") this.#mark(/** @type {any} */ (message));
    else if (message.type === "file-marked") this.#fileMarked(message.seq ?? 0, message.state);
    else if (message.type === "user-typing") this.#types(message.peerId, message.typing);
    else return false;
    this.changed();
    return true;
  }

  /**
   * @param {string} text
   * @param {Attachment | null} [attachment]
   */
  write(text, attachment = null) {
    const words = text.trim();
    if (!words && !attachment) return;
    const [clientId, at] = [this.makeId(), this.now()];
    /** @type {Entry} */
    const entry = { clientId, state: "pending", seq: null, author: { id: this.me, name: "" }, mine: true, text: words, masks: [], attachment, direct: null, at };
    this.entries.set(keyOf(entry), entry);
    this.stopTyping();
    void this.#send(entry);
    this.changed();
  }

  /** @param {string} clientId */
  retry(clientId) {
    const entry = this.list.find((each) => each.mine && each.clientId === clientId && each.state === "failed");
    if (entry) void this.#send(entry);
    this.changed();
  }

  /** @param {string} clientId */
  discard(clientId) {
    for (const [key, entry] of this.entries) if (entry.clientId === clientId && entry.state === "failed") this.entries.delete(key);
    this.changed();
  }

  /** A letter was typed. */
  type() {
    if (this.now() - this.toldTyping < TELL_TYPING_MS) return;
    this.toldTyping = this.now();
    this.request("typing", { typing: true }).catch(() => undefined);
  }

  stopTyping() {
    if (!this.toldTyping) return;
    this.toldTyping = 0;
    this.request("typing", { typing: false }).catch(() => undefined);
  }

  /** Peers who are writing now. */
  get writers() {
    return [...this.typing].filter(([, until]) => until > this.now()).map(([peerId]) => peerId);
  }

  /** Is the panel in sight? Then what is there has been read. @param {boolean} looking */
  look(looking) {
    this.looking = looking;
    this.#look();
    this.changed();
  }

  /** Names of those who have read so far. @param {Entry} entry @returns {string[]} */
  readers(entry) {
    if (entry.seq === null) return [];
    const marks = [...this.marks.values()].filter(({ readerId, seq }) => readerId !== this.me && seq >= Number(entry.seq));
    return marks.map(({ name }) => name);
  }

  async earlier() {
    const first = this.list[0]?.seq;
    if (!first) return;
    const { messages } = await this.request("read-chat", { before: first });
    for (const message of messages) this.#take(message);
    this.changed();
  }

  /** After a time offline: how far files have come meanwhile. */
  async refresh() {
    const first = this.list.find(({ direct }) => direct && STEPS[direct.state] < STEPS.arrived)?.seq;
    if (!first) return;
    const { messages } = await this.request("read-chat", { since: first - 1 });
    for (const message of messages) this.#take(message);
    this.changed();
  }

  close() {
    clearTimeout(this.gapTimer);
  }

  /** @param {Entry} entry */
  async #send(entry) {
    entry.state = "pending";
    delete entry.reason;
    const { clientId, text, attachment } = entry;
    const file = attachment ? { attachmentId: attachment.attachmentId } : {};
    try {
      const { message } = await this.request("send-message", { clientId, ...(text ? { text } : {}), ...file });
      this.me ||= message.author.id;
      this.#take(message);
      this.#mindGaps();
    } catch (error) {
      this.#failed(entry, /** @type {{code?: string}} */ (error).code ?? "internal");
    }
    this.changed();
  }

  /** Offline it stays pending and goes when the socket is back; anything else the person decides. @param {Entry} entry @param {string} reason */
  #failed(entry, reason) {
    if (entry.seq !== null || reason === "offline") return;
    entry.state = "failed";
    entry.reason = PASSING.has(reason) ? "passing" : reason;
  }

  /** @param {Record<string, any>} message as on the wire */
  #take(message) {
    const { clientId, seq, author, text, masks, attachment, direct, at } = message;
    const mine = author.id === this.me || author.own === true;
    /** @type {Entry} */
    const entry = { clientId, state: "sent", seq, author, mine, text, masks: masks ?? [], attachment: attachment ?? null, direct: direct ?? null, at };
    const known = this.entries.get(keyOf(entry))?.direct;
    if (known && entry.direct && STEPS[known.state] > STEPS[entry.direct.state]) entry.direct = known;
    this.entries.set(keyOf(entry), entry);
    this.lastSeq = Math.max(this.lastSeq, seq);
  }

  /** @param {Record<string, any>} message */
  #arrived(message) {
    this.#take(message);
    this.#look();
    this.#mindGaps();
  }

  /** A number is missing: it may be on its way; if not, it is asked for. */
  #mindGaps() {
    clearTimeout(this.gapTimer);
    if (this.#whole() < this.lastSeq) this.gapTimer = setTimeout(() => void this.#fill(), GAP_MS);
  }

  async #fill() {
    const since = this.#whole();
    if (since >= this.lastSeq) return;
    const { messages = [] } = await this.request("read-chat", { since }).catch(() => ({}));
    for (const message of messages) this.#take(message);
    this.changed();
  }

  /** The last number up to which nothing is missing, from the first one that we have. */
  #whole() {
    let last = null;
    for (const { seq } of this.list) {
      if (seq === null || (last !== null && seq !== last + 1)) break;
      last = seq;
    }
    return last ?? 0;
  }

  /** @param {ReadMark} mark */
  #mark({ readerId, name, seq }) {
    if (seq > (this.marks.get(readerId)?.seq ?? 0)) this.marks.set(readerId, { readerId, name, seq });
    if (readerId === this.me) this.readSeq = Math.max(this.readSeq, seq);
  }

  /** @param {number} number @param {Direct["state"]} state */
  #fileMarked(number, state) {
    const entry = this.list.find(({ seq }) => seq === number);
    if (entry?.direct && STEPS[state] > STEPS[entry.direct.state]) entry.direct = { ...entry.direct, state };
  }

  /** @param {string} peerId @param {boolean} typing */
  #types(peerId, typing) {
    if (typing) this.typing.set(peerId, this.now() + TYPING_MS);
    else this.typing.delete(peerId);
  }

  #look() {
    const seen = this.list.findLast(({ seq }) => seq !== null)?.seq ?? 0;
    if (!this.looking || seen <= this.readSeq) return;
    this.readSeq = seen;
    this.request("read", { seq: seen }).catch(() => undefined);
  }
}

/** One message, however often it comes. @param {Pick<Entry, "mine" | "author" | "clientId">} entry */
export function keyOf({ mine, author, clientId }) {
  return `${mine ? "me" : author.id} ${clientId}`;
}
