// Keeps [data-refresh] fresh: fetches the fragment at that address every [data-every] seconds while the page is looked at,
// and swaps the [data-part]s that changed. Without script the page is as fresh as its last load.

import { Refresher } from "../models/refresher.js";

/** @param {HTMLElement} root */
function keepFresh(root) {
  const stale = document.querySelector("[data-stale]");
  const refresher = new Refresher({
    read: () => swapParts(root),
    after: (run, ms) => window.setTimeout(run, ms),
    cancel: (timer) => window.clearTimeout(timer),
    every: Number(root.dataset["every"] ?? 5) * 1000,
    onStale: (is) => stale?.toggleAttribute("hidden", !is),
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      refresher.stop();
    } else {
      refresher.start();
      void refresher.now();
    }
  });
  refresher.start();
}

/**
 * @param {HTMLElement} root
 * @returns {Promise<boolean>}
 */
async function swapParts(root) {
  const response = await fetch(root.dataset["refresh"] ?? "", { headers: { Accept: "text/html" } });
  if (response.redirected || response.status === 403) {
    window.location.reload(); // logged out or no longer allowed: the page itself says so
    return true;
  }
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (root.dataset["until"] && !fresh.querySelector(root.dataset["until"])) {
    window.location.reload(); // what was waited for is there
    return true;
  }
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const name = /** @type {HTMLElement} */ (part).dataset["part"] ?? "";
    const old = root.querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (old && old.innerHTML !== part.innerHTML && !holdsAttention(old)) old.replaceChildren(...part.childNodes);
  }
  return true;
}

/** Someone reads an opened formula, selects text or stands on a link: leave it as it is for now.
 * @param {Element} part */
function holdsAttention(part) {
  const selection = document.getSelection();
  const selected = selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode);
  return selected || part.querySelector("details[open]") !== null || part.contains(document.activeElement);
}

for (const root of document.querySelectorAll("[data-refresh]")) keepFresh(/** @type {HTMLElement} */ (root));
