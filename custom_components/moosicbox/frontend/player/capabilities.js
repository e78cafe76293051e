/** What this browser can do as a player. */

const MIME_TYPES = [
  "audio/mpeg",
  "audio/flac",
  "audio/ogg",
  "audio/opus",
  "audio/mp4",
  "audio/aac",
  "audio/wav",
  "audio/webm",
];

/** What is decoded by ourselves, whatever the browser can. */
const DECODED = ["audio/mpeg", "audio/flac", "audio/ogg", "audio/opus", "audio/wav", "audio/aiff"];

/**
 * @param {boolean} decodes whether items can be decoded by ourselves here
 * @returns {string[]}
 */
export function capabilities(decodes) {
  const probe = new Audio();
  const known = MIME_TYPES.filter((type) => probe.canPlayType(type) !== "");
  const playable = [...new Set([...known, ...(decodes ? DECODED : [])])];
  return ["pause", "seek", "volume", "mute", "announce", ...playable];
}
