// Which tiles there are and which one is large. Pure: who is in, who speaks, what is pinned.

/** @import {Member} from "./room-model.js" */

/** @typedef {{key: string, peerId: string, screen: boolean, large: boolean}} Tile */
/** @typedef {{layout: "grid" | "speaker", tiles: Tile[]}} Stage */

/** @param {string} peerId */
export const screenKey = (peerId) => `${peerId}/screen`;

/**
 * @param {object} facts
 * @param {Iterable<Member>} facts.members in the order of coming
 * @param {string} facts.peerId our own
 * @param {"grid" | "speaker"} facts.layout as chosen
 * @param {string} facts.pinned key of a tile, or ""
 * @param {string} facts.speaker peer id of who speaks, or spoke last
 * @param {boolean} [facts.voice] a voice room has no screens
 * @returns {Stage}
 */
export function arrange({ members, peerId, layout, pinned, speaker, voice = false }) {
  const all = [...members];
  const people = [...all.filter((member) => member.peerId !== peerId), ...all.filter((member) => member.peerId === peerId)];
  const screens = voice ? [] : people.filter(({ sharing }) => sharing);
  /** @type {Tile[]} */
  const tiles = [
    ...screens.map((member) => ({ key: screenKey(member.peerId), peerId: member.peerId, screen: true, large: false })),
    ...people.map((member) => ({ key: member.peerId, peerId: member.peerId, screen: false, large: false })),
  ];
  const wanted = chosen(tiles, { pinned, speaker, layout, peerId });
  const large = wanted && tiles.length > 1 ? wanted : null;
  if (!large) return { layout: "grid", tiles };
  large.large = true;
  return { layout: "speaker", tiles: [large, ...tiles.filter((tile) => tile !== large)] };
}

/**
 * What a person pinned comes first, then another's screen, then who speaks.
 * @param {Tile[]} tiles
 * @param {{pinned: string, speaker: string, layout: string, peerId: string}} facts
 * @returns {Tile | undefined}
 */
function chosen(tiles, { pinned, speaker, layout, peerId }) {
  const pin = tiles.find(({ key }) => key === pinned);
  const screen = tiles.find((tile) => tile.screen && tile.peerId !== peerId);
  if (pin ?? screen) return pin ?? screen;
  if (layout !== "speaker") return undefined;
  return tiles.find((tile) => tile.key === speaker && tile.peerId !== peerId) ?? tiles[0];
}

/**
 * Columns of a grid in which the tiles come out as large as they can be.
 * @param {number} count
 * @param {number} width px
 * @param {number} height px
 * @param {number} [ratio] of a tile
 */
export function columns(count, width, height, ratio = 16 / 10) {
  let best = { columns: 1, area: 0 };
  for (let each = 1; each <= count; each += 1) {
    const [w, h] = [width / each, height / Math.ceil(count / each)];
    const fit = Math.min(w, h * ratio);
    if (fit * fit > best.area + 1) best = { columns: each, area: fit * fit };
  }
  return best.columns;
}
