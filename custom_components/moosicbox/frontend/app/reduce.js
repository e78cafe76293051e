/** What a message of the hub changes in the state: pure. */
import { withUpdate } from "./queue.js";
import { fromState, withChat, withEvent } from "./rooms.js";

/** @import { Message } from "../client/types.js" */
/** @import { AppState } from "./store.js" */

/** @typedef {(state: AppState, message: Message, hubUs: number) => Partial<AppState>} Reducer */

/** @type {Record<string, Reducer>} */
const REDUCERS = {
  player_list: (_, { players }) => ({ players }),
  room_list: (_, { rooms }) => ({ rooms }),
  room_state: (state, message) => withRoom(state, message.room_id, fromState(message, state.room[message.room_id])),
  room_event: (state, message) => changedRoom(state, message.room_id, (room) => withEvent(room, message)),
  room_chat: (state, message) => changedRoom(state, message.room_id, (room) => withChat(room, message)),
  playback_status: (state, message) => withPlayback(state, message.topic, message),
  volume_update: (state, { topic, volume, muted }) => changedPlayback(state, topic, { volume, muted }),
  seek_update: (state, { topic, position_seconds }, hubUs) =>
    changedPlayback(state, topic, { position_seconds, anchor_us: hubUs }),
  track_changed: (state, { topic, track }) => changedPlayback(state, topic, { current_track: track }),
  queue_updated: (state, message) => {
    const queue = withUpdate(state.queues[message.topic], message);
    return queue ? { queues: { ...state.queues, [message.topic]: queue } } : {};
  },
  library_updated: (state) => ({ libraryVersion: state.libraryVersion + 1 }),
  library_scan_progress: (_, message) => ({ scan: /** @type {any} */ (message) }),
  unsubscribed: (state, { topics }) => without(state, topics),
};

/**
 * @param {AppState} state
 * @param {Message} message
 * @param {number} hubUs the hub's clock now
 * @returns {Partial<AppState>}
 */
export function reduce(state, message, hubUs) {
  return REDUCERS[message.type]?.(state, message, hubUs) ?? {};
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @param {any} status
 */
function withPlayback(state, topic, status) {
  return { playback: { ...state.playback, [topic]: status } };
}

/**
 * What was never told whole is not known.
 * @param {AppState} state
 * @param {string} topic
 * @param {object} change
 */
function changedPlayback(state, topic, change) {
  const held = state.playback[topic];
  return held ? withPlayback(state, topic, { ...held, ...change }) : {};
}

/**
 * @param {AppState} state
 * @param {string} roomId
 * @param {import("./rooms.js").Room} room
 */
function withRoom(state, roomId, room) {
  return { room: { ...state.room, [roomId]: room } };
}

/**
 * @param {AppState} state
 * @param {string} roomId
 * @param {(room: import("./rooms.js").Room) => import("./rooms.js").Room} change
 */
function changedRoom(state, roomId, change) {
  const room = state.room[roomId];
  return room ? withRoom(state, roomId, change(room)) : {};
}

/**
 * @param {AppState} state
 * @param {string[]} topics
 * @returns {Partial<AppState>}
 */
function without(state, topics) {
  const gone = new Set(topics);
  /** @template T @param {Record<string, T>} entries @param {string} [prefix] */
  const kept = (entries, prefix = "") =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => !gone.has(prefix + key)));
  return { room: kept(state.room, "room:"), queues: kept(state.queues), playback: kept(state.playback) };
}
