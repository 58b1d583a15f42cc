// Files that somebody has chosen to send, where there are two ways: each waits for its sender to say which.

import { MOST_BYTES as MOST_DIRECT } from "./direct-limits.js";
import { MOST_BYTES as MOST_OFFICE } from "./file-transfer.js";

/** @import {DirectFiles} from "./direct-files.js" */

/**
 * @typedef {object} Choice
 * @property {string} id
 * @property {File} file
 * @property {number} share read so far, 0 to 1
 * @property {"choosing" | "reading" | "failed"} state
 * @property {string} [reason] error code
 */

export class FileChoices {
  /**
   * @param {object} options
   * @param {DirectFiles} options.direct
   * @param {(files: File[]) => void} options.office sends by the server
   * @param {() => void} options.changed
   */
  constructor({ direct, office, changed }) {
    this.ways = direct;
    this.send = office;
    this.changed = changed;
    /** @type {Map<string, Choice>} */
    this.choices = new Map();
    this.lastId = 0;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    if (!this.ways.possible) return this.send([...files]);
    for (const file of files) {
      const id = `choice-${(this.lastId += 1)}`;
      const reason = file.size > MOST_DIRECT ? "too_large" : file.size === 0 ? "empty" : "";
      this.choices.set(id, reason ? { id, file, share: 0, state: "failed", reason } : { id, file, share: 0, state: "choosing" });
    }
    this.changed();
  }

  /** @param {string} id */
  office(id) {
    const choice = this.choices.get(id);
    if (!choice || choice.state === "reading") return;
    this.choices.delete(id);
    this.send([choice.file]);
    this.changed();
  }

  /** @param {string} id */
  async direct(id) {
    const choice = this.choices.get(id);
    if (!choice || choice.state === "reading") return;
    this.#set(id, { state: "reading", share: 0 });
    try {
      await this.ways.offer(choice.file, (share) => this.#set(id, { share }));
      this.choices.delete(id);
    } catch (error) {
      this.#set(id, { state: "failed", reason: String(/** @type {{code?: string}} */ (error).code) });
    }
    this.changed();
  }

  /** @param {string} id */
  drop(id) {
    this.choices.delete(id);
    this.changed();
  }

  /** @param {File} file */
  fitsOffice(file) {
    return file.size <= MOST_OFFICE;
  }

  /** @param {string} id @param {Partial<Choice>} change @returns {boolean} whether it is still wanted */
  #set(id, change) {
    const choice = this.choices.get(id);
    if (!choice) return false;
    this.choices.set(id, { ...choice, ...change });
    this.changed();
    return true;
  }
}
