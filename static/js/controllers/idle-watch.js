// A page that nobody touches for five minutes says that its person is away, and takes it back at the first touch.

import { Idle } from "../models/idle.js";

/** @import {Signaling} from "../models/socket.js" */

const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

/**
 * @param {Signaling} signaling
 * @returns {() => void} to be called on every new connection, whose presence begins anew
 */
export function awayWhenIdle(signaling) {
  const tell = (/** @type {boolean} */ away) => signaling.tell("set-presence", { status: away ? "away" : "online" });
  const idle = new Idle(tell);
  for (const touch of TOUCHES) addEventListener(touch, () => idle.touched(), { passive: true, capture: true });
  return () => idle.away && tell(true);
}
