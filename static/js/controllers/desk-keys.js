// Keys of the desk: Enter takes an offer, Escape passes it on, M is the microphone.

/** @typedef {{accept: () => void, reject: () => void, mute: () => void, view: () => string}} Acts */

/** @param {Acts} acts */
export function wireKeys({ accept, reject, mute, view }) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || target.matches("input, textarea, select")) return;
    if (document.querySelector("dialog[open]")) return;
    const onControl = target.closest("button, a") !== null; // there Enter presses what has the focus
    if (view() === "ring" && event.key === "Enter" && !onControl) accept();
    else if (view() === "ring" && event.key === "Escape") reject();
    else if (view() === "talk" && event.code === "KeyM") mute();
    else return;
    event.preventDefault();
  });
}
