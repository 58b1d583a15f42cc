// A button that opens a menu: arrows, Escape, a click elsewhere.

import { all, one } from "../helpers/page.js";

/** @param {HTMLElement} root */
function wire(root) {
  const button = one("[data-menu-button]", root);
  const menu = one(".menu", root);
  const items = () => all("a, button", menu).filter((item) => item.offsetParent !== null);

  /** @param {boolean} open */
  const toggle = (open) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) items()[0]?.focus();
  };
  button.addEventListener("click", () => toggle(menu.hidden !== false));
  menu.addEventListener("click", () => toggle(false));
  document.addEventListener("click", ({ target }) => {
    if (!root.contains(/** @type {Node} */ (target)) && !menu.hidden) toggle(false);
  });
  root.addEventListener("keydown", (event) => {
    if (menu.hidden) return;
    if (event.key === "Escape") {
      event.stopPropagation(); // Escape passes an offer on; here it only closes the menu
      toggle(false);
      button.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const list = items();
      const at = list.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      list[(at + step + list.length) % list.length]?.focus();
    }
  });
}

/** Wire every menu of the page. */
export function wireMenus() {
  for (const root of all("[data-menu]")) wire(root);
}
