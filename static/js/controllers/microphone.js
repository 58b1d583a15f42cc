// Our own voice: asking for it, saying why not, and coming back when a headset is changed.

/** @typedef {"denied" | "missing" | "busy" | "insecure"} Trouble */

export class MicrophoneRefused extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @param {unknown} error @returns {Trouble} */
function troubleOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "denied";
}

export class Microphone {
  /** @param {(track: MediaStreamTrack) => void} onReplaced another device took over */
  constructor(onReplaced = () => undefined) {
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    this.muted = false;
    this.onReplaced = onReplaced;
  }

  /**
   * The track, asked for once. Throws MicrophoneRefused.
   * @returns {Promise<MediaStreamTrack>}
   */
  async open() {
    if (this.track?.readyState === "live") return this.track;
    if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneRefused("insecure");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
      return this.#keep(/** @type {MediaStreamTrack} */ (stream.getAudioTracks()[0]));
    } catch (error) {
      throw new MicrophoneRefused(troubleOf(error));
    }
  }

  close() {
    this.track?.stop();
    this.track = null;
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.muted = muted;
    if (this.track) this.track.enabled = !muted;
  }

  /** Calls back when the person changes the permission in the browser's settings. @param {() => void} onGranted */
  async watchPermission(onGranted) {
    const query = navigator.permissions?.query({ name: /** @type {PermissionName} */ ("microphone") });
    const status = await query?.catch(() => null);
    status?.addEventListener("change", () => status.state === "granted" && onGranted());
  }

  /** @param {MediaStreamTrack} track */
  #keep(track) {
    this.track = track;
    track.enabled = !this.muted;
    track.addEventListener("ended", () => void this.#again(track));
    return track;
  }

  /** The device was unplugged: take what there is now. @param {MediaStreamTrack} ended */
  async #again(ended) {
    if (ended !== this.track) return;
    try {
      this.onReplaced(await this.open());
    } catch {
      // Nothing to take: the person hears it from the other side, and sees the level fall.
    }
  }
}
