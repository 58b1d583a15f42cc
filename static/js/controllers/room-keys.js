// Keys of a room. Holding Space speaks while it is held.

/** @typedef {Record<"m" | "v" | "s" | "g" | "h" | "c" | "p" | "?", () => void>} Acts */

/**
 * @param {object} options
 * @param {Acts} options.acts
 * @param {() => boolean} options.active whether we are in the room now
 * @param {(speaking: boolean) => void} options.hold
 */
export function wireRoomKeys({ acts, active, hold }) {
  let held = false;
  addEventListener("keydown", (event) => {
    if (!active() || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (event.key === " " && !isPressed(event.target)) {
      event.preventDefault();
      if (!held && !event.repeat) hold((held = true));
      return;
    }
    const act = acts[/** @type {keyof Acts} */ (event.key.toLowerCase())] ?? acts[/** @type {keyof Acts} */ (LAYOUT[event.code] ?? "")];
    if (!act || event.repeat) return;
    event.preventDefault();
    act();
  });
  const release = () => {
    if (held) hold((held = false));
  };
  addEventListener("keyup", (event) => event.key === " " && release());
  addEventListener("blur", release);
}

/** The same keys while the keyboard writes Korean. @type {Record<string, string>} */
const LAYOUT = { KeyM: "m", KeyV: "v", KeyS: "s", KeyG: "g", KeyH: "h", KeyC: "c", KeyP: "p" };

/** @param {EventTarget | null} target */
function isWriting(target) {
  const element = /** @type {HTMLElement | null} */ (target);
  return Boolean(element?.closest?.("input, textarea, select, dialog[open]"));
}

/** Space on a button presses the button. @param {EventTarget | null} target */
function isPressed(target) {
  return Boolean(/** @type {HTMLElement | null} */ (target)?.closest?.("button, a, summary, [role='tab']"));
}
