// Finding words in a conversation. No DOM.

/**
 * The places of `wanted` in `text`, without regard to case. Hidden words are not in the text, so they are never found.
 * @param {string} text
 * @param {string} wanted
 * @returns {{text: string, hit: boolean}[]} `text` cut into runs
 */
export function cut(text, wanted) {
  const needle = wanted.trim().toLocaleLowerCase();
  const hay = text.toLocaleLowerCase();
  // Lower case can be longer than the original (İ): then places would not fit, and nothing is marked.
  if (!needle || hay.length !== text.length) return [{ text, hit: false }];
  const runs = [];
  let at = 0;
  for (let found = hay.indexOf(needle); found >= 0; found = hay.indexOf(needle, at)) {
    if (found > at) runs.push({ text: text.slice(at, found), hit: false });
    at = found + needle.length;
    runs.push({ text: text.slice(found, at), hit: true });
  }
  if (at < text.length || runs.length === 0) runs.push({ text: text.slice(at), hit: false });
  return runs;
}

/**
 * The same with the words that were not heard clearly kept apart.
 * @param {string} text
 * @param {string} wanted
 * @param {[number, number][]} doubts places in `text`, in order
 * @returns {{text: string, hit: boolean, doubt: boolean}[]}
 */
export function cutWithDoubts(text, wanted, doubts) {
  const edges = doubts.flat();
  let at = 0;
  return cut(text, wanted).flatMap((run) => {
    const start = at;
    at += run.text.length;
    const cuts = [start, ...edges.filter((edge) => edge > start && edge < at), at];
    return cuts.slice(1).map((end, index) => {
      const from = cuts[index] ?? start;
      const doubt = doubts.some(([first, last]) => first <= from && end <= last && from < end);
      return { text: text.slice(from, end), hit: run.hit, doubt };
    });
  });
}

/**
 * Which of `count` hits comes next, going round.
 * @param {number} current -1 before the first
 * @param {number} step 1 or -1
 * @param {number} count
 */
export function next(current, step, count) {
  return count === 0 ? -1 : (current + step + count) % count;
}

/**
 * The last turn that has begun by `ms`; -1 before the first.
 * @param {number[]} starts in order
 * @param {number} ms
 */
export function turnAt(starts, ms) {
  return starts.findLastIndex((start) => start <= ms);
}
