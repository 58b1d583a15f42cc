// The stage of a room: a tile per person and per shared screen, laid out as large as they can be.

import { all, fromTemplate, one, say } from "../helpers/page.js";
import { avatar, fill } from "../helpers/text.js";
import { arrange, columns } from "../models/stage.js";

/** @import {RoomSession} from "./room-session.js" */
/** @import {Source} from "../models/mesh.js" */
/** @import {PeerQuality} from "../models/peer-quality.js" */
/** @import {Member, RoomModel} from "../models/room-model.js" */
/** @import {Tile} from "../models/stage.js" */

const LEVEL_OF = { good: 4, fair: 3, poor: 1, lost: 0 };
const WORDS = { good: "qualityGood", fair: "qualityFair", poor: "qualityPoor", lost: "qualityLost" };

export class RoomTiles {
  /**
   * @param {object} options
   * @param {RoomSession} options.session
   * @param {Record<string, string>} options.strings
   * @param {boolean} options.voice
   */
  constructor({ session, strings, voice }) {
    this.session = session;
    this.strings = strings;
    this.voice = voice;
    this.root = one("[data-tiles]");
    /** @type {"grid" | "speaker"} */
    this.layout = "grid";
    this.pinned = "";
    /** @type {Map<string, HTMLElement>} */
    this.elements = new Map();
    /** @type {Map<string, MediaStreamTrack>} by peer and source */
    this.tracks = new Map();
    /** @type {Set<string>} keys of the tiles in sight */
    this.seen = new Set();
    this.watcher = new IntersectionObserver((entries) => this.#seen(entries), { root: this.root });
    this.resizer = new ResizeObserver(() => this.#fit());
    this.resizer.observe(this.root);
    document.addEventListener("visibilitychange", () => this.#tellViews());
    this.root.replaceChildren();
  }

  close() {
    this.watcher.disconnect();
    this.resizer.disconnect();
  }

  /** @param {string} peerId @param {Source} source @param {MediaStreamTrack | null} track */
  picture(peerId, source, track) {
    if (track) this.tracks.set(`${peerId} ${source}`, track);
    else this.tracks.delete(`${peerId} ${source}`);
    this.draw();
  }

  /** @param {"grid" | "speaker"} layout */
  choose(layout) {
    this.layout = layout;
    for (const button of all("[data-layout]")) if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(button.dataset.layout === layout));
    this.draw();
  }

  /** @param {string} key */
  pin(key) {
    this.pinned = this.pinned === key ? "" : key;
    this.draw();
  }

  draw() {
    const { model, speakers } = this.session;
    const { layout, pinned, voice } = this;
    const stage = arrange({ members: model.members.values(), peerId: model.peerId, layout, pinned, speaker: speakers.main, voice });
    this.root.dataset.layoutNow = stage.layout;
    this.#keep(stage.tiles);
    stage.tiles.forEach((tile, at) => this.#draw(tile, at, model));
    this.#fit();
    this.#tellViews();
  }

  /** @param {Tile[]} tiles */
  #keep(tiles) {
    const keys = new Set(tiles.map(({ key }) => key));
    for (const [key, element] of this.elements) {
      if (keys.has(key)) continue;
      this.watcher.unobserve(element);
      element.remove();
      this.elements.delete(key);
      this.seen.delete(key);
      if (this.pinned === key) this.pinned = "";
    }
  }

  /** @param {Tile} tile @param {number} at @param {RoomModel} model */
  #draw(tile, at, model) {
    const member = /** @type {Member} */ (model.members.get(tile.peerId));
    const element = this.elements.get(tile.key) ?? this.#make(tile);
    const there = this.root.children[at] ?? null;
    if (there !== element) this.root.insertBefore(element, there);
    element.toggleAttribute("data-large", tile.large);
    element.toggleAttribute("data-away", !member.connected);
    this.#name(element, tile, member);
    this.#picture(element, tile, member);
    this.#hand(element, tile, member, model);
    this.#speaks(element, tile, member);
    this.#quality(element, tile, member);
    const pin = one("[data-pin]", element);
    pin.setAttribute("aria-pressed", String(this.pinned === tile.key));
    pin.hidden = this.elements.size < 2;
  }

  /** @param {Tile} tile */
  #make(tile) {
    const element = fromTemplate("[data-tile-template]");
    element.dataset.tile = tile.key;
    element.toggleAttribute("data-screen", tile.screen);
    one("[data-pin]", element).addEventListener("click", () => this.pin(tile.key));
    const chip = one("[data-quality]", element);
    chip.addEventListener("click", () => {
      const measured = one("[data-measured]", chip);
      measured.hidden = !measured.hidden;
      chip.setAttribute("aria-expanded", String(!measured.hidden));
    });
    this.elements.set(tile.key, element);
    this.seen.add(tile.key);
    this.watcher.observe(element);
    return element;
  }

  /** @param {HTMLElement} element @param {Tile} tile @param {Member} member */
  #name(element, tile, member) {
    const mine = this.#isMine(tile);
    const name = mine ? fill(this.strings.me ?? "", { name: member.name }) : member.name;
    const shown = tile.screen ? fill(this.strings.screenOf ?? "", { name: member.name }) : name;
    say("[data-name]", member.connected ? shown : `${shown} · ${this.strings.away ?? ""}`, element);
    element.setAttribute("aria-label", shown);
    one(".name .icon", element).hidden = tile.screen || !member.muted;
    const circle = one(".avatar", element);
    if (circle.textContent !== avatar(member.name)) circle.textContent = avatar(member.name);
  }

  /** Initials stand where there is no picture. @param {HTMLElement} element @param {Tile} tile @param {Member} member */
  #picture(element, tile, member) {
    const track = this.tracks.get(`${tile.peerId} ${tile.screen ? "screen" : "camera"}`) ?? null;
    const shown = tile.screen ? track !== null : track !== null && !member.videoOff && !this.voice;
    const video = /** @type {HTMLVideoElement} */ (one("video", element));
    video.hidden = !shown;
    one(".avatar", element).hidden = shown;
    video.toggleAttribute("data-mirror", this.#isMine(tile) && !tile.screen);
    const playing = /** @type {MediaStream | null} */ (video.srcObject)?.getVideoTracks()[0] ?? null;
    const wanted = shown ? track : null;
    if (playing === wanted) return;
    video.srcObject = wanted ? new MediaStream([wanted]) : null;
    if (wanted) void video.play().catch(() => undefined);
  }

  /** @param {HTMLElement} element @param {Tile} tile @param {Member} member @param {RoomModel} model */
  #hand(element, tile, member, model) {
    const order = tile.screen ? -1 : model.hands.findIndex(({ peerId }) => peerId === member.peerId);
    one(".up", element).hidden = order < 0;
    if (order >= 0) say(".up span", fill(this.strings.handOrder ?? "", { order: order + 1 }), element);
  }

  /** @param {HTMLElement} element @param {Tile} tile @param {Member} member */
  #speaks(element, tile, member) {
    const speaks = !tile.screen && !member.muted && this.session.speakers.speaks(tile.peerId, Date.now());
    element.toggleAttribute("data-speaking", speaks);
    say("[data-speaks]", speaks ? ` ${this.strings.speaking ?? ""}` : "", element);
  }

  /** @param {HTMLElement} element @param {Tile} tile @param {Member} member */
  #quality(element, tile, member) {
    const chip = one("[data-quality]", element);
    const measured = this.session.qualityOf(tile.peerId);
    const silent = measured?.word === "lost" && member.muted && member.videoOff; // nothing is meant to arrive
    const known = silent ? null : measured;
    chip.hidden = tile.screen || this.#isMine(tile) || (!known && !member.level);
    if (chip.hidden) return;
    const word = worse(known, member.level);
    chip.toggleAttribute("data-bad", LEVEL_OF[word] < 3);
    one(".signal", chip).dataset.level = String(LEVEL_OF[word]);
    say("[data-word]", this.strings[WORDS[word]] ?? "", chip);
    say("[data-measured]", this.#measured(measured), chip);
  }

  /** @param {PeerQuality | null} quality */
  #measured(quality) {
    if (!quality || quality.word === "lost") return this.strings.measuredLost ?? "";
    return fill(this.strings.measured ?? "", { ms: quality.rttMs ?? "–", loss: quality.lossPercent, kbps: quality.kbps });
  }

  /** @param {Tile} tile */
  #isMine({ peerId }) {
    return peerId === this.session.model.peerId;
  }

  /** Columns by the room there is; styles read them from the attribute. */
  #fit() {
    const { clientWidth, clientHeight } = this.root;
    const count = this.elements.size;
    if (count) this.root.dataset.columns = String(Math.min(6, columns(count, clientWidth, clientHeight, this.voice ? 1.2 : 16 / 10)));
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const key = /** @type {HTMLElement} */ (target).dataset.tile ?? "";
      if (isIntersecting) this.seen.add(key);
      else this.seen.delete(key);
    }
    this.#tellViews();
  }

  /** What nobody looks at need not be sent. */
  #tellViews() {
    const { media } = this.session;
    if (!media) return;
    const looking = document.visibilityState === "visible";
    for (const [key, element] of this.elements) {
      const [peerId = "", screen] = key.split("/");
      const ratio = devicePixelRatio || 1;
      const view = { visible: looking && this.seen.has(key), width: Math.round(element.clientWidth * ratio), height: Math.round(element.clientHeight * ratio) };
      media.watch(peerId, screen ? "screen" : "camera", view);
    }
  }
}

/**
 * What we measure, or what they say of themselves: the worse of the two.
 * @param {PeerQuality | null} measured
 * @param {Member["level"]} said
 */
function worse(measured, said = "good") {
  const word = measured?.word ?? said;
  return LEVEL_OF[said] < LEVEL_OF[word] ? said : word;
}
