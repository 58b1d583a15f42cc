// Whether anything of a received stream has been played or shown yet: packets alone are neither sound nor a picture.

/**
 * @param {RTCRtpReceiver | null | undefined} receiver
 * @returns {boolean} where the browser does not say, whether packets come
 */
export function delivers(receiver) {
  const sources = receiver?.getSynchronizationSources?.();
  return sources ? sources.length > 0 : receiver?.track?.muted === false;
}
