/** The capabilities that this browser declares as a player. */

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

/** Formats that the player's own decoders play in any browser. */
const DECODED = ["audio/mpeg", "audio/flac", "audio/ogg", "audio/opus", "audio/wav", "audio/aiff"];

/**
 * @param {boolean} hasDecoders true if the player's own decoders work here
 * @returns {string[]}
 */
export function capabilities(hasDecoders) {
  const probe = new Audio();
  const known = MIME_TYPES.filter((type) => probe.canPlayType(type) !== "");
  const playable = [...new Set([...known, ...(hasDecoders ? DECODED : [])])];
  return ["pause", "seek", "volume", "mute", "announce", "mix", "tone", "speed", ...playable];
}
