/** What a message of the hub changes in the state: pure. */

/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {import("./store.js").AppState} AppState */

const PLAYER_TOPIC = "player:";

/**
 * @param {AppState} state
 * @param {Message} message
 * @param {number} hubUs the hub's clock now
 * @returns {Partial<AppState>}
 */
export function reduce(state, message, hubUs) {
  if (message.type === "player_list") {
    return { players: message.players };
  }
  const { topic } = message;
  if (typeof topic !== "string" || !topic.startsWith(PLAYER_TOPIC)) {
    return {};
  }
  const playerId = topic.slice(PLAYER_TOPIC.length);
  const change = playbackChange(message, hubUs);
  const held = state.playback[playerId];
  if (!change || (!held && message.type !== "playback_status")) {
    return {};
  }
  return { playback: { ...state.playback, [playerId]: { ...held, ...change } } };
}

/**
 * @param {Message} message
 * @param {number} hubUs
 * @returns {any}
 */
function playbackChange(message, hubUs) {
  switch (message.type) {
    case "playback_status":
      return message;
    case "volume_update":
      return { volume: message.volume, muted: message.muted };
    case "seek_update":
      return { position_seconds: message.position_seconds, anchor_us: hubUs };
    case "track_changed":
      return { current_track: message.track };
    default:
      return null;
  }
}
