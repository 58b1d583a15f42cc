// The size and contrast of captions.

import { one } from "../helpers/page.js";
import { Reading, SIZES } from "../models/reading.js";

/** Bind the buttons beside the captions. Once per page. */
export function readingTools() {
  const stage = one("[data-stage]");
  const [smaller, larger, contrast] = ["smaller", "larger", "contrast"].map((name) => one(`[data-reading-${name}]`));
  const reading = new Reading(storage());
  const draw = () => {
    stage.dataset.size = String(reading.size);
    stage.toggleAttribute("data-contrast", reading.contrast);
    smaller?.toggleAttribute("disabled", reading.size === 1);
    larger?.toggleAttribute("disabled", reading.size === SIZES);
    contrast?.setAttribute("aria-pressed", String(reading.contrast));
  };
  smaller?.addEventListener("click", () => (reading.resize(-1), draw()));
  larger?.addEventListener("click", () => (reading.resize(1), draw()));
  contrast?.addEventListener("click", () => (reading.toggleContrast(), draw()));
  draw();
}

function storage() {
  try {
    return localStorage;
  } catch {
    return null; // a browser that forbids it throws at the name already
  }
}
