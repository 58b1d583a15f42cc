// The landing page reads and works without this; with it the agreement gates the button and a double tap calls once.

import { one } from "./helpers/page.js";

const form = /** @type {HTMLFormElement} */ (one("[data-controller='landing']"));
const consent = /** @type {HTMLInputElement} */ (one("[data-consent]", form));
const error = one("[data-consent-error]", form);
const start = /** @type {HTMLButtonElement} */ (one("[data-start]", form));

function gate() {
  start.setAttribute("aria-disabled", String(!consent.checked));
}

/** @param {boolean} missing */
function complain(missing) {
  error.hidden = !missing;
  if (missing) consent.setAttribute("aria-invalid", "true");
  else consent.removeAttribute("aria-invalid");
}

consent.addEventListener("change", () => {
  gate();
  if (consent.checked) complain(false);
});

form.addEventListener("submit", (event) => {
  if (!consent.checked) {
    event.preventDefault();
    complain(true);
    consent.focus();
    return;
  }
  if (form.dataset.sent) event.preventDefault(); // a second tap places no second call
  form.dataset.sent = "yes";
});

// Back from the call page: the browser may show the page as it was left.
addEventListener("pageshow", () => {
  delete form.dataset.sent;
  gate();
});

/** @type {HTMLElement | null} */ (form.querySelector("[data-first-error]"))?.focus();
