// What both sides of a file that goes from device to device hold to (docs/websocket.md).

/** Bytes of a file that may go so. */
export const MOST_BYTES = 200 * 1024 * 1024;
/** Bytes of one frame on the channel. */
export const PIECE = 16_384;
/** First bytes, from which the server reads the kind. */
export const HEAD = 512;
