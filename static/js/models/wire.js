// Types of docs/websocket.md, for the type check only.

/** @typedef {Record<string, any> & {type: string}} Message */
/** @typedef {{start: number, end: number, kind: string, severity: number}} Mask in characters of the masked text */
/**
 * @typedef {object} Caption
 * @property {string} utteranceId
 * @property {string} peerId
 * @property {string} role
 * @property {string} text
 * @property {Mask[]} masks
 * @property {number} startMs since the agent answered
 * @property {number} endMs
 * @property {string} source live or offline
 * @property {string} [language]
 */
/** @typedef {{peerId: string, role: string, text: string, masks: Mask[], startMs: number, language?: string}} Partial */
/** @typedef {{peerId: string, role: string, startMs: number, endMs: number, reason: string}} Gap */
/** @typedef {{peerId: string, role: string, name: string, connected: boolean, muted?: boolean}} Party */
/** @typedef {{position: number, estimateSeconds: number | null, agentsOnDuty: number}} QueuePlace */
/** @typedef {{name: string, department: string, assistant?: boolean}} Agent */
/**
 * @typedef {object} Offer
 * @property {string} offerId
 * @property {string} callId
 * @property {string} reference
 * @property {string} name
 * @property {string} topic
 * @property {string} place
 * @property {string} language
 * @property {string} question
 * @property {string} contact
 * @property {number} waitedSeconds
 * @property {number} secondsLeft
 * @property {number} previous
 * @property {Handover | null} [handover]
 * @property {{by: string, reason: string} | null} [invitation] a colleague asks into a running call
 */
/** @typedef {{reason: string, intent: string, summary: string[], lastAnswer?: string, lastSource?: string, fields: Record<string, string>, tone: number | null}} Handover of the automatic assistant, masked */
/** @typedef {{callId: string, name: string, topic: string, place: string, language: string, since: number, late: boolean, targetSeconds?: number}} WaitingCall */
/** @typedef {{userId: number, name: string, state: string, onCall: boolean, since: number}} Colleague */

export {};
