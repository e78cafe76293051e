/** Which player or room the page shows and steers: pure. */
import { rightsIn, rightsOnPlayers } from "./rights.js";

/** @import { PlaybackStatus, PlayerInfo } from "../client/types.js" */
/** @import { Edit, Queue } from "./queue.js" */
/** @import { Right } from "./rights.js" */
/** @import { Room } from "./rooms.js" */
/** @import { AppState } from "./store.js" */

/**
 * @typedef {object} Target
 * @property {"player" | "room"} kind
 * @property {string} id
 * @property {string} topic
 * @property {string} name
 * @property {boolean} available
 * @property {string | null} entityId
 * @property {string[] | null} capabilities null: all
 * @property {{player_id?: string, room_id?: string}} address what a command names it by
 * @property {Set<Right>} rights
 * @property {PlaybackStatus | undefined} status
 * @property {Queue | undefined} queue
 * @property {Edit[]} edits
 * @property {Room | undefined} room what is known of it
 * @property {boolean} joined whether this client is in the room
 */

/**
 * @param {AppState} state
 * @param {string | null} [topic] of the player or room; by default the one chosen, or the likeliest
 * @returns {Target | null}
 */
export function targetOf(state, topic = state.chosen) {
  const found = topic ? named(state, topic) : null;
  return found ?? (topic === state.chosen ? likeliest(state) : null);
}

/** @param {AppState} state */
export function joinedRoomIds({ me, room }) {
  return Object.values(room)
    .filter(({ participants }) => me && participants.some(({ client_id }) => client_id === me.clientId))
    .map(({ room_id }) => room_id);
}

/**
 * @param {AppState} state
 * @returns {Target | null}
 */
function likeliest(state) {
  const [roomId] = joinedRoomIds(state);
  if (roomId) {
    return named(state, `room:${roomId}`);
  }
  const players = state.players ?? [];
  const own = state.device.status === "on" && players.find(({ player_id }) => player_id === state.device.playerId);
  const playing = players.find(({ player_id }) => state.playback[`player:${player_id}`]?.is_playing);
  const player = own || playing || players.find(({ available }) => available) || players[0];
  return player ? ofPlayer(state, player) : null;
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @returns {Target | null}
 */
function named(state, topic) {
  const [kind, ...rest] = topic.split(":");
  const id = rest.join(":");
  if (kind === "room") {
    const info = state.rooms?.find(({ room_id }) => room_id === id) ?? state.room[id];
    return info ? ofRoom(state, id, info.name) : null;
  }
  const player = state.players?.find(({ player_id }) => player_id === id);
  return player ? ofPlayer(state, player) : null;
}

/**
 * @param {AppState} state
 * @param {PlayerInfo} player
 * @returns {Target}
 */
function ofPlayer(state, player) {
  const room = player.room_id ? state.rooms?.find(({ room_id }) => room_id === player.room_id) : null;
  if (room && state.room[room.room_id]) {
    // What it plays is the room's.
    return ofRoom(state, room.room_id, room.name);
  }
  return {
    kind: "player",
    id: player.player_id,
    name: player.name,
    available: player.available,
    entityId: player.entity_id ?? null,
    capabilities: player.capabilities ?? null,
    address: { player_id: player.player_id },
    rights: rightsOnPlayers(state.me),
    room: undefined,
    joined: false,
    ...music(state, `player:${player.player_id}`),
  };
}

/**
 * @param {AppState} state
 * @param {string} id
 * @param {string} name
 * @returns {Target}
 */
function ofRoom(state, id, name) {
  const room = state.room[id];
  return {
    kind: "room",
    id,
    name,
    available: true,
    entityId: null,
    capabilities: null,
    address: { room_id: id },
    rights: rightsIn(room, state.me),
    room,
    joined: joinedRoomIds(state).includes(id),
    ...music(state, `room:${id}`),
  };
}

/**
 * @param {AppState} state
 * @param {string} topic
 */
function music(state, topic) {
  return { topic, status: state.playback[topic], queue: state.queues[topic], edits: state.edits[topic] ?? NO_EDITS };
}

/** @type {Edit[]} one for all, so that nothing seems new */
const NO_EDITS = [];
