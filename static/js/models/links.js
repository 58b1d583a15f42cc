// Addresses in written words: http and https only, and nothing but the address.

const ADDRESS = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;
/** What a sentence puts after an address. */
const TAIL = /[.,;:!?'*_]+$/;

/**
 * @param {string} text
 * @returns {{text: string, href?: string}[]}
 */
export function linked(text) {
  const parts = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(found);
    if (!isAddress(address)) continue;
    if (index > at) parts.push({ text: text.slice(at, index) });
    parts.push({ text: address, href: new URL(address).href });
    at = index + address.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** @param {string} found */
function trimmed(found) {
  const address = found.replace(TAIL, "");
  const open = (address.match(/\(/g) ?? []).length;
  const closed = (address.match(/\)/g) ?? []).length;
  return closed > open ? address.replace(/\)+$/, "") : address;
}

/** @param {string} address */
function isAddress(address) {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return ["http:", "https:"].includes(protocol) && !username && !password; // kb.kr@evil.com reads as another house
}
