// What a page knows when it opens, and small ways to its elements.

/**
 * @typedef {object} PageConfig written by the server; times are Unix ms
 * @property {string} socketPath
 * @property {"customer" | "agent" | "supervisor"} role
 * @property {string} language
 * @property {number} now the server's clock when the page was made
 * @property {number} directTimeoutMs
 * @property {string} sfuModule address of the SFU client
 * @property {Record<string, string>} strings
 * @property {string} [token] the customer's capability token
 * @property {string} [callId]
 * @property {string} [status]
 * @property {string} [tokenUrl] where the desk gets a fresh JWT
 * @property {string} [loginUrl]
 * @property {string} [recordUrl]
 * @property {string} [roomUrl] where a room is entered, with the id of none in it
 * @property {number} [offerSeconds]
 */

/** @returns {PageConfig} */
export function pageConfig() {
  return JSON.parse(one("#page-config").textContent ?? "{}");
}

/**
 * The first match; a template and its script that disagree fail loudly.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function one(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export function all(selector, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * A copy of a template's first element.
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function fromTemplate(selector) {
  const template = /** @type {HTMLTemplateElement} */ (one(selector));
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/**
 * @param {string} selector
 * @param {string} text
 * @param {ParentNode} [root]
 */
export function say(selector, text, root = document) {
  const element = one(selector, root);
  if (element.textContent !== text) element.textContent = text; // a live region speaks only of changes
}

/**
 * @param {string} selector
 * @param {boolean} visible
 * @param {ParentNode} [root]
 */
export function show(selector, visible, root = document) {
  for (const element of all(selector, root)) element.hidden = !visible;
}

/** @param {string} path */
export function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/**
 * States that tests and styles read, on the root element.
 * @param {string} name
 * @param {string} value
 */
export function mark(name, value) {
  document.documentElement.dataset[name] = value;
}

const RELOAD_REST_MS = 30_000;

/** Load the page again, unless that was just done to no avail. @returns {boolean} whether it is being loaded */
export function reloadOnce() {
  const last = Number(sessionStorage.getItem("reloaded") ?? 0);
  if (Date.now() - last < RELOAD_REST_MS) return false;
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
  return true;
}
