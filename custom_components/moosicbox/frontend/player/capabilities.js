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

/** @returns {string[]} */
export function capabilities() {
  const probe = new Audio();
  const playable = MIME_TYPES.filter((type) => probe.canPlayType(type) !== "");
  return ["pause", "seek", "volume", "mute", "announce", ...playable];
}
