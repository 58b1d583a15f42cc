// Files on their way to the chat: one after the other, with progress, and a reason when one is refused.

/** @import {Attachment} from "./chat.js" */

export const MOST_BYTES = 40 * 1024 * 1024;

/**
 * @typedef {object} Upload
 * @property {string} id
 * @property {string} name
 * @property {number} size bytes
 * @property {number} share sent so far, 0 to 1
 * @property {"waiting" | "sending" | "failed"} state
 * @property {string} [reason] error code
 * @property {File} file
 */
/** The part of XMLHttpRequest that is used. @typedef {Pick<XMLHttpRequest, "open" | "send" | "abort" | "setRequestHeader" | "status" | "responseText"> & {upload: EventTarget} & EventTarget} Sender */

export class FileTransfer {
  /**
   * @param {object} options
   * @param {string} options.url where files are posted
   * @param {() => Promise<string>} options.authorization the header that says who sends
   * @param {(attachment: Attachment) => void} options.done
   * @param {() => void} options.changed
   * @param {() => Sender} [options.create]
   */
  constructor({ url, authorization, done, changed, create = () => new XMLHttpRequest() }) {
    this.url = url;
    this.authorization = authorization;
    this.done = done;
    this.changed = changed;
    this.create = create;
    /** @type {Map<string, Upload>} */
    this.uploads = new Map();
    this.lastId = 0;
    /** @type {Sender | null} */
    this.sender = null;
    /** @type {string} */
    this.sending = "";
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const id = String((this.lastId += 1));
      const refused = file.size > MOST_BYTES ? "too_large" : file.size === 0 ? "empty" : "";
      /** @type {Upload} */
      const upload = { id, name: file.name, size: file.size, share: 0, state: refused ? "failed" : "waiting", file };
      this.uploads.set(id, refused ? { ...upload, reason: refused } : upload);
    }
    this.changed();
    void this.#next();
  }

  /** @param {string} id */
  retry(id) {
    const upload = this.uploads.get(id);
    if (upload?.state !== "failed" || upload.reason === "too_large" || upload.reason === "empty") return;
    this.#set(id, { state: "waiting", share: 0 });
    void this.#next();
  }

  /** @param {string} id */
  cancel(id) {
    this.uploads.delete(id);
    if (this.sending === id) this.sender?.abort();
    this.changed();
  }

  async #next() {
    if (this.sending) return;
    const upload = [...this.uploads.values()].find(({ state }) => state === "waiting");
    if (!upload) return;
    this.sending = upload.id;
    this.#set(upload.id, { state: "sending" });
    try {
      const attachment = await this.#post(upload);
      if (this.uploads.delete(upload.id)) this.done(attachment);
    } catch (error) {
      this.#set(upload.id, { state: "failed", reason: /** @type {Error} */ (error).message });
    }
    this.sending = "";
    this.sender = null;
    this.changed();
    void this.#next();
  }

  /** @param {Upload} upload @returns {Promise<Attachment>} rejects with the error's code as message */
  async #post({ id, file }) {
    const authorization = await this.authorization();
    const body = new FormData();
    body.append("file", file, file.name);
    return new Promise((resolve, reject) => {
      const sender = this.create();
      this.sender = sender;
      sender.open("POST", this.url);
      sender.setRequestHeader("Authorization", authorization);
      sender.upload.addEventListener("progress", (event) => {
        const { loaded, total } = /** @type {ProgressEvent} */ (event);
        if (total) this.#set(id, { share: loaded / total });
      });
      sender.addEventListener("load", () => {
        const { data, error } = parsed(sender.responseText);
        if (sender.status < 300 && data?.file) resolve(data.file);
        else reject(new Error(error?.code ?? (sender.status === 413 ? "too_large" : "internal")));
      });
      sender.addEventListener("error", () => reject(new Error("offline")));
      sender.addEventListener("abort", () => reject(new Error("cancelled")));
      sender.send(body);
    });
  }

  /** @param {string} id @param {Partial<Upload>} change */
  #set(id, change) {
    const upload = this.uploads.get(id);
    if (!upload) return;
    this.uploads.set(id, { ...upload, ...change });
    this.changed();
  }
}

/** @param {string} text @returns {{data?: any, error?: {code: string}}} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** 1.2 MB, 340 KB: as people say it. @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1000, "KB"] : [bytes / 1_000_000, "MB"];
  return `${value < 10 && unit === "MB" ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
