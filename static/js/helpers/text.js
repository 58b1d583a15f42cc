// Times and names as people read them.

/**
 * "{count} ahead of you" with its values.
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * 04:12, or 1:04:12 from an hour on.
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}`;
  return h ? `${h}:${tail}` : tail;
}

/**
 * What stands in the circle: a Korean given name, otherwise the first word, short.
 * @param {string} name
 */
export function avatar(name) {
  const word = name.trim().split(/\s+/)[0] ?? "";
  return /^[가-힣]{3,4}$/.test(word) ? word.slice(-2) : word.slice(0, 3);
}

/**
 * 010-••••-2210: enough to recognise, not enough to call from a screenshot.
 * @param {string} contact
 */
export function maskContact(contact) {
  const digits = contact.replace(/\D/g, "");
  if (contact.includes("@")) return contact.replace(/^(.).*(@.*)$/, "$1•••$2");
  return digits.length < 8 ? contact : `${digits.slice(0, digits.length === 8 ? 0 : 3)}-••••-${digits.slice(-4)}`.replace(/^-/, "");
}
