/** What a user can do to a player, as messages to the hub. */

/** @typedef {import("../client/types.js").Message} Message */
/** @typedef {"play" | "pause" | "stop" | "next" | "previous"} Command */

/**
 * @typedef {object} Actions
 * @property {(playerId: string, command: Command) => Promise<void>} playback
 * @property {(playerId: string, seconds: number) => Promise<void>} seek
 * @property {(playerId: string, change: {volume?: number, muted?: boolean}) => Promise<void>} volume
 * @property {(playerId: string, milliseconds: number) => Promise<void>} outputDelay
 */

/**
 * @param {(message: Message) => Promise<any>} request
 * @param {(error: unknown) => void} onerror hears of whatever did not work
 * @returns {Actions} which never reject
 */
export function actions(request, onerror) {
  /** @param {Message} message */
  const send = async (message) => {
    try {
      await request(message);
    } catch (error) {
      onerror(error);
    }
  };
  return {
    playback: (player_id, command) => send({ type: "playback_command", player_id, command }),
    seek: (player_id, position_seconds) => send({ type: "seek_command", player_id, position_seconds }),
    volume: (player_id, change) => send({ type: "volume_command", player_id, ...change }),
    outputDelay: (player_id, output_delay_ms) => send({ type: "volume_command", player_id, output_delay_ms }),
  };
}
