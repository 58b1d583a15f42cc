// Microphones, cameras, speakers: which one is meant, and which one comes next when it is unplugged.

/** @typedef {"audioinput" | "videoinput" | "audiooutput"} DeviceKind */
/** @typedef {"denied" | "missing" | "busy" | "insecure"} Trouble */
/** @typedef {Pick<MediaDevices, "getUserMedia" | "enumerateDevices">} Media */

export class CaptureRefused extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** @param {unknown} error @returns {Trouble} */
export function troubleOf(error) {
  const name = /** @type {{name?: string}} */ (error)?.name ?? "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "denied";
}

/**
 * The device to take: the wanted one if it is there, else the one after the lost one, else the first.
 * @param {Pick<MediaDeviceInfo, "deviceId" | "kind">[]} devices
 * @param {DeviceKind} kind
 * @param {string} wanted
 * @param {{deviceId: string, kind: string}[]} [before] as they stood before one was lost
 */
export function pick(devices, kind, wanted, before = []) {
  const here = devices.filter((device) => device.kind === kind && device.deviceId);
  if (here.some(({ deviceId }) => deviceId === wanted)) return wanted;
  const old = before.filter((device) => device.kind === kind);
  const at = old.findIndex(({ deviceId }) => deviceId === wanted);
  const after = [...old.slice(at + 1), ...old.slice(0, Math.max(at, 0))];
  const next = after.find(({ deviceId }) => here.some((device) => device.deviceId === deviceId));
  return next?.deviceId ?? here[0]?.deviceId ?? "";
}

const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

/** One of our own sources: asked for, muted, replaced when its device goes away. */
export class Capture {
  /**
   * @param {object} options
   * @param {"audio" | "video"} options.type
   * @param {Media | undefined} options.media none on an insecure address
   * @param {(track: MediaStreamTrack | null) => void} options.replaced another device took over; null: there is none
   * @param {string} [options.wanted] device id
   * @param {MediaTrackConstraints} [options.constraints]
   */
  constructor({ type, media, replaced, wanted = "", constraints = WANTED[type] }) {
    this.type = type;
    this.media = media;
    this.replaced = replaced;
    this.wanted = wanted;
    this.constraints = constraints;
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    this.muted = false;
    /** @type {MediaDeviceInfo[]} */
    this.devices = [];
  }

  get kind() {
    return /** @type {DeviceKind} */ (`${this.type}input`);
  }

  /** The device in use. */
  get deviceId() {
    return this.track?.getSettings().deviceId ?? this.wanted;
  }

  /**
   * The track, asked for once. Throws CaptureRefused.
   * @param {string} [deviceId]
   * @returns {Promise<MediaStreamTrack>}
   */
  async open(deviceId) {
    const other = deviceId !== undefined && deviceId !== this.deviceId;
    if (this.track?.readyState === "live" && !other) return this.track;
    if (!this.media?.getUserMedia) throw new CaptureRefused("insecure");
    this.wanted = deviceId ?? this.wanted;
    const track = await this.#ask(this.media);
    this.track?.stop();
    this.track = track;
    this.track.enabled = !this.muted;
    track.addEventListener("ended", () => void this.#again(track));
    this.devices = await this.media.enumerateDevices().catch(() => []);
    return track;
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    if (this.track) this.track.enabled = !muted;
  }

  close() {
    const track = this.track;
    this.track = null;
    track?.stop();
  }

  /** @param {Media} media */
  async #ask(media) {
    const device = this.wanted ? { deviceId: { ideal: this.wanted } } : {};
    try {
      const stream = await media.getUserMedia({ [this.type]: { ...this.constraints, ...device } });
      return /** @type {MediaStreamTrack} */ (stream.getTracks()[0]);
    } catch (error) {
      throw new CaptureRefused(troubleOf(error));
    }
  }

  /** The device was unplugged: take the next one there is. @param {MediaStreamTrack} ended */
  async #again(ended) {
    if (ended !== this.track || !this.media) return;
    const lost = ended.getSettings().deviceId ?? this.wanted;
    const before = this.devices;
    this.track = null;
    const devices = await this.media.enumerateDevices().catch(() => []);
    this.wanted = pick(devices, this.kind, lost, before);
    await this.open().catch(() => undefined);
    this.replaced(this.track);
  }
}
