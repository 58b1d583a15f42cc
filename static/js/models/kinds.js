// What a mask hides, in the reader's words: the server gives the names in the page's strings.

/**
 * The name of a kind of personal data; "" for a profane word, which stays dots.
 * @param {string} kind as in masks[].kind
 * @param {Record<string, string>} strings
 */
export function kindName(kind, strings) {
  if (kind === "profanity") return "";
  return strings[`kind_${kind}`] ?? strings.kindOther ?? "";
}
