// One room as a page knows it: a snapshot (`room-state`), and the events after it. A snapshot plus events equals a fresh one.

/** @import {Message} from "./wire.js" */

/**
 * @typedef {object} Member
 * @property {string} peerId
 * @property {number | null} userId
 * @property {string} name
 * @property {"host" | "member" | "guest"} role
 * @property {boolean} muted
 * @property {boolean} videoOff
 * @property {boolean} sharing
 * @property {number | null} handRaisedAt Unix ms
 * @property {boolean} connected
 * @property {"good" | "fair" | "poor"} [level] how well they are reached, in their own words
 */
/** @typedef {{share: "all" | "host", chat: "all" | "host", unmute: "all" | "host"}} Permissions */

export class RoomModel {
  constructor() {
    this.roomId = "";
    this.peerId = "";
    this.kind = "meeting";
    this.name = "";
    this.locked = false;
    /** @type {Permissions} */
    this.permissions = { share: "all", chat: "all", unmute: "all" };
    /** @type {"mesh" | "sfu"} */
    this.plan = "mesh";
    this.sessionId = "";
    /** @type {number | null} */
    this.startedAt = null;
    /** @type {Map<string, Member>} in the order of coming */
    this.members = new Map();
    /** @type {"" | "removed" | "ended"} */
    this.over = "";
  }

  /** @param {Message} state the answer to `enter-room` */
  open(state) {
    const { roomId, peerId, kind, name, locked, plan, sessionId, startedAt } = state;
    Object.assign(this, { roomId, peerId, kind, name, locked, plan, sessionId, startedAt, over: "" });
    this.permissions = { ...this.permissions, ...state.permissions };
    const levels = new Map([...this.members].map(([id, member]) => [id, member.level]));
    this.members = new Map(state.members.map((/** @type {Member} */ member) => [member.peerId, known(member, levels)]));
  }

  /** Ourselves, as the others see us. @returns {Member | null} */
  get me() {
    return this.members.get(this.peerId) ?? null;
  }

  get isHost() {
    return this.me?.role === "host";
  }

  /** @returns {Member[]} */
  get others() {
    return [...this.members.values()].filter(({ peerId }) => peerId !== this.peerId);
  }

  /** Raised hands, the first one first. @returns {Member[]} */
  get hands() {
    const up = [...this.members.values()].filter(({ handRaisedAt }) => handRaisedAt !== null);
    return up.sort((a, b) => Number(a.handRaisedAt) - Number(b.handRaisedAt));
  }

  /** @param {keyof Permissions} what */
  may(what) {
    return this.isHost || this.permissions[what] !== "host";
  }

  /**
   * Whether their sound is to be played: what the server says of them, whatever their page still sends.
   * @param {string} peerId @param {string} source
   */
  hears(peerId, source) {
    const member = this.members.get(peerId);
    if (!member) return true; // told of a moment later
    return source === "screen-audio" ? member.sharing : !member.muted;
  }

  /** What we have just done ourselves: the server tells it to the others only. @param {Partial<Member>} change */
  mine(change) {
    this.changed(this.peerId, change);
  }

  /**
   * @param {Message} message
   * @param {number} [now] Unix ms, for what the wire gives no time of
   * @returns {boolean} whether it was for the room and changed it
   */
  apply(message, now = Date.now()) {
    if (message.roomId !== this.roomId) return false;
    const handler = HANDLERS[message.type];
    handler?.call(this, message, now);
    return handler !== undefined;
  }

  /** @param {string} peerId @param {Partial<Member>} change */
  changed(peerId, change) {
    const member = this.members.get(peerId);
    if (member) this.members.set(peerId, { ...member, ...change });
  }

  /** @param {string} peerId */
  handOver(peerId) {
    for (const [id, member] of this.members) {
      if (id === peerId) this.changed(id, { role: "host" });
      else if (member.role === "host") this.changed(id, { role: "member" });
    }
  }
}

/** @param {Member} member @param {Map<string, Member["level"]>} levels @returns {Member} */
function known(member, levels) {
  const level = levels.get(member.peerId);
  return level ? { ...member, level } : member;
}

/** @type {Record<string, (this: RoomModel, message: Message, now: number) => void>} */
const HANDLERS = {
  "user-joined"({ peerId, userId, name, role, muted = false, videoOff = true, sharing = false, handRaisedAt = null }) {
    this.members.delete(peerId); // whoever comes again comes last
    this.members.set(peerId, { peerId, userId, name, role, muted, videoOff, sharing, handRaisedAt, connected: true });
  },
  "user-left"({ peerId }) {
    this.members.delete(peerId);
  },
  "peer-disconnected"({ peerId }) {
    this.changed(peerId, { connected: false });
  },
  "peer-reconnected"({ peerId }) {
    this.changed(peerId, { connected: true });
  },
  "peer-audio-changed"({ peerId, muted }) {
    this.changed(peerId, { muted });
  },
  "mute-request"() {
    this.mine({ muted: true });
  },
  "peer-video-changed"({ peerId, off }) {
    this.changed(peerId, { videoOff: off });
  },
  "peer-screen-share"({ peerId, sharing }) {
    this.changed(peerId, { sharing });
  },
  "peer-hand"({ peerId, raised }, now) {
    this.changed(peerId, { handRaisedAt: raised ? now : null });
  },
  "peer-quality"({ peerId, level }) {
    this.changed(peerId, { level });
  },
  "plan-changed"({ plan }) {
    this.plan = plan;
  },
  "room-changed"({ locked, permissions, hostPeerId, name }) {
    if (locked !== undefined) this.locked = locked;
    if (permissions) this.permissions = { ...this.permissions, ...permissions };
    if (hostPeerId) this.handOver(hostPeerId);
    if (name) this.name = name;
  },
  removed() {
    this.over = "removed";
  },
  "room-ended"() {
    this.over ||= "ended";
  },
};
