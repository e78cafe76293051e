/** How a message of the hub changes the state. Pure. */
import { withUpdate } from "./queue.js";
import { fromDetails, withChat, withEvent } from "./rooms.js";

/** @import { ServerMessage } from "../client/messages.js" */
/** @import { Queue } from "./queue.js" */
/** @import { Room } from "./rooms.js" */
/** @import { AppState, PlaybackStatus } from "./store.js" */

/**
 * @param {AppState} state
 * @param {ServerMessage} message
 * @param {number} hubUs the hub's clock now
 * @returns {Partial<AppState>} empty if nothing changes, or if the message changes part of something unknown
 */
export function reduce(state, message, hubUs) {
  const topic = ("topic" in message ? message.topic : undefined) ?? "";
  switch (message.type) {
    case "player_list":
      return { players: message.players };
    case "room_list":
      return { rooms: message.rooms };
    case "room_state":
      return withRoom(state, fromDetails(message, state.roomDetails[message.room_id]));
    case "room_event":
      return withChangedRoom(state, message.room_id, (room) => withEvent(room, message));
    case "room_chat":
      return withChangedRoom(state, message.room_id, (room) => withChat(room, message));
    case "playback_status":
      return withPlayback(state, topic, message);
    case "volume_update":
      return withChangedPlayback(state, topic, { volume: message.volume, muted: message.muted });
    case "room_volumes":
      return withVolumes(state, message.players);
    case "seek_update":
      return withChangedPlayback(state, topic, { position_seconds: message.position_seconds, anchor_us: hubUs });
    case "track_changed":
      return withChangedPlayback(state, topic, { current_track: message.track });
    case "queue_updated":
      return withQueue(state, topic, withUpdate(state.queues[topic], message));
    case "household_state":
      return { household: message };
    case "library_updated":
      return { libraryVersion: state.libraryVersion + 1 };
    case "library_scan_progress":
      return { scan: message };
    case "unsubscribed":
      return without(state, message.topics);
    default:
      return {};
  }
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @param {PlaybackStatus} status
 * @returns {Partial<AppState>}
 */
function withPlayback(state, topic, status) {
  return { playback: { ...state.playback, [topic]: status } };
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @param {Partial<PlaybackStatus>} change
 * @returns {Partial<AppState>}
 */
function withChangedPlayback(state, topic, change) {
  const status = state.playback[topic];
  return status ? withPlayback(state, topic, { ...status, ...change }) : {};
}

/**
 * @param {AppState} state
 * @param {Record<string, {volume: number, muted: boolean}>} players by their ids
 * @returns {Partial<AppState>}
 */
function withVolumes(state, players) {
  const playback = { ...state.playback };
  for (const [id, volume] of Object.entries(players)) {
    const topic = `player:${id}`;
    const status = playback[topic];
    if (status) {
      playback[topic] = { ...status, ...volume };
    }
  }
  return { playback };
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @param {Queue | undefined} queue
 * @returns {Partial<AppState>}
 */
function withQueue(state, topic, queue) {
  return queue ? { queues: { ...state.queues, [topic]: queue } } : {};
}

/**
 * @param {AppState} state
 * @param {Room} room
 * @returns {Partial<AppState>}
 */
function withRoom(state, room) {
  return { roomDetails: { ...state.roomDetails, [room.room_id]: room } };
}

/**
 * @param {AppState} state
 * @param {string} roomId
 * @param {(room: Room) => Room} change
 * @returns {Partial<AppState>}
 */
function withChangedRoom(state, roomId, change) {
  const room = state.roomDetails[roomId];
  return room ? withRoom(state, change(room)) : {};
}

/**
 * @param {AppState} state
 * @param {string[]} topics that are no longer subscribed
 * @returns {Partial<AppState>}
 */
function without(state, topics) {
  const removed = new Set(topics);
  /** @template T @param {Record<string, T>} entries @param {string} [prefix] */
  const kept = (entries, prefix = "") =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => !removed.has(prefix + key)));
  return { roomDetails: kept(state.roomDetails, "room:"), queues: kept(state.queues), playback: kept(state.playback) };
}
