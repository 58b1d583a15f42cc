// One call as a page knows it: a snapshot, and the events after it.

import { CaptionLog } from "./captions.js";

/** @import {Agent, Message, Party, QueuePlace} from "./wire.js" */

const TALKING = new Set(["CONNECTING", "IN_PROGRESS"]);
const SHOWN = new Set(["caption", "caption-gap"]);
const OVER = new Set(["ENDED", "FAILED"]);

export class CallModel {
  /** @param {"customer" | "agent" | "supervisor"} role our own */
  constructor(role) {
    this.role = role;
    this.callId = "";
    this.peerId = "";
    this.seq = 0;
    this.status = "";
    this.reason = "";
    this.path = "direct";
    /** @type {number | null} */
    this.connectedAt = null;
    /** @type {number | null} */
    this.endedAt = null;
    /** @type {Agent | null} */
    this.agent = null;
    this.personWanted = false;
    /** @type {QueuePlace | null} */
    this.queue = null;
    /** @type {Record<string, any>} the whole snapshot */
    this.facts = {};
    this.captions = { available: true, reason: "", delayed: false, rough: false };
    this.recording = "recording";
    /** @type {Map<string, Party>} */
    this.parties = new Map();
    /** @type {Map<string, string>} those who have answered, also those who have gone since */
    this.agents = new Map();
    this.log = new CaptionLog();
  }

  get talking() {
    return TALKING.has(this.status);
  }

  get over() {
    return OVER.has(this.status);
  }

  /** The one at the other end, once there is one. @returns {Party | null} */
  get other() {
    const wanted = this.role === "customer" ? "agent" : "customer";
    return [...this.parties.values()].find((party) => party.role === wanted) ?? null;
  }

  /** Who has the call: a person before the assistant. @returns {Party | null} */
  get holder() {
    const there = [...this.parties.values()];
    return there.find(({ role }) => role === "agent") ?? there.find(({ role }) => role === "assistant") ?? null;
  }

  /** Who answers now, all of them: "Kim, Lee". Empty while nobody does. */
  get agentNames() {
    return [...this.parties.values()].filter(({ role }) => role === "agent").map(({ name }) => name).join(", ");
  }

  /** Which of several agents said it; "" while there is only one. @param {string} peerId */
  agentName(peerId) {
    return this.agents.size > 1 ? (this.agents.get(peerId) ?? "") : "";
  }

  /** Other agents in the call. */
  get colleagues() {
    return [...this.parties.values()].filter(({ role, peerId }) => role === "agent" && peerId !== this.peerId);
  }

  /** Supervisors who listen, as far as we are told. */
  get listeners() {
    return [...this.parties.values()].filter(({ role, peerId }) => role === "supervisor" && peerId !== this.peerId);
  }

  /**
   * The answer to `join`. The snapshot is newer than the missed events, so these only add to the logs.
   * @param {Message} joined
   * @returns {Message[]} the missed events that are to be shown
   */
  join(joined) {
    const fresh = joined.events.filter((/** @type {Message} */ event) => event.seq > this.seq);
    Object.assign(this, { callId: joined.callId, peerId: joined.peerId, facts: joined.call, captions: joined.captions ?? this.captions });
    this.seq = Math.max(this.seq, joined.seq);
    this.path = joined.call.mediaPath || this.path;
    this.queue = joined.call.queue ?? null;
    this.#state(joined.call);
    this.parties = new Map(joined.participants.map((/** @type {Party} */ party) => [party.peerId, party]));
    for (const { peerId, role, name } of this.parties.values()) if (role === "agent") this.agents.set(peerId, name);
    for (const event of joined.events) if (event.type === "peer-joined" && event.role === "agent") this.agents.set(event.peerId, event.name);
    for (const event of fresh) if (event.type === "recording-state") this.recording = event.state;
    return fresh.filter((/** @type {Message} */ event) => SHOWN.has(event.type));
  }

  /**
   * @param {Message} message
   * @returns {boolean} false: seen already, or of another call
   */
  apply(message) {
    if (message.callId && this.callId && message.callId !== this.callId) return false;
    if (message.seq !== undefined) {
      if (message.seq <= this.seq) return false;
      this.seq = message.seq;
    }
    HANDLERS[message.type]?.call(this, message);
    return true;
  }

  /** @param {Record<string, any>} facts */
  #state(facts) {
    this.status = facts.status;
    this.reason = facts.reason ?? "";
    this.connectedAt = facts.connectedAt ?? null;
    this.endedAt = facts.endedAt ?? null;
    this.agent = facts.agent ?? null;
    this.personWanted = facts.personWanted === true;
    if (this.status !== "RINGING") this.queue = null;
  }

  /** @param {Message} message */
  stateChanged(message) {
    this.#state(message);
  }

  /** @param {string} peerId @param {Partial<Party>} change */
  partyChanged(peerId, change) {
    const party = this.parties.get(peerId);
    if (party) this.parties.set(peerId, { ...party, ...change });
  }
}

/** @type {Record<string, (this: CallModel, message: Message) => void>} */
const HANDLERS = {
  "call-state"(message) {
    this.stateChanged(message);
  },
  "queue-position"({ position, estimateSeconds, agentsOnDuty }) {
    this.queue = { position, estimateSeconds, agentsOnDuty };
  },
  "peer-joined"({ peerId, role, name }) {
    this.parties.set(peerId, { peerId, role, name, connected: true });
    if (role === "agent") this.agents.set(peerId, name);
  },
  "peer-left"({ peerId }) {
    this.parties.delete(peerId);
  },
  listening({ listeners }) {
    for (const { peerId } of this.listeners) this.parties.delete(peerId);
    for (const { peerId, name } of listeners) this.parties.set(peerId, { peerId, role: "supervisor", name, connected: true });
  },
  "peer-disconnected"({ peerId }) {
    this.partyChanged(peerId, { connected: false });
  },
  "peer-reconnected"({ peerId }) {
    this.partyChanged(peerId, { connected: true });
  },
  "peer-audio-changed"({ peerId, muted }) {
    this.partyChanged(peerId, { muted });
  },
  "path-changed"({ path }) {
    this.path = path;
  },
  "captions-state"({ available, reason, delayed, rough }) {
    this.captions = { available, reason, delayed: Boolean(delayed), rough: rough === true };
  },
  "recording-state"({ state }) {
    this.recording = state;
  },
};
