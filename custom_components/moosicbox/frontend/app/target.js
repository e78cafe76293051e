/** The player or room that the page shows and controls. Pure. */
import { playerRights, roomRights } from "./rights.js";

/** @import { PlayerInfo } from "../client/messages.js" */
/** @import { Edit, Queue } from "./queue.js" */
/** @import { Right } from "./rights.js" */
/** @import { Room } from "./rooms.js" */
/** @import { AppState, PlaybackStatus } from "./store.js" */

/**
 * @typedef {object} Target
 * @property {"player" | "room"} kind
 * @property {string} id
 * @property {string} topic
 * @property {string} name
 * @property {boolean} available
 * @property {string | null} entityId
 * @property {string[] | null} capabilities null: all of them
 * @property {{player_id?: string, room_id?: string}} contextIds fields that name it in a command
 * @property {Set<Right>} rights
 * @property {PlaybackStatus | undefined} status
 * @property {Queue | undefined} queue
 * @property {Edit[]} edits
 * @property {Room | undefined} room its details, if it is a room and subscribed
 * @property {boolean} joined true if this client is in the room
 */

/**
 * @param {AppState} state
 * @returns {Target | null} the chosen player or room; the default one if none is chosen, or it doesn't exist
 */
export function targetOf(state) {
  return (state.chosen && findTarget(state, state.chosen)) || defaultTarget(state);
}

/** @param {AppState} state */
export function joinedRoomIds({ me, roomDetails }) {
  return Object.values(roomDetails)
    .filter(({ participants }) => me && participants.some(({ client_id }) => client_id === me.clientId))
    .map(({ room_id }) => room_id);
}

/**
 * Return the room that the user has joined, else this browser's player, else one that plays, else any that is available.
 * @param {AppState} state
 * @returns {Target | null}
 */
function defaultTarget(state) {
  const [roomId] = joinedRoomIds(state);
  if (roomId) {
    return findTarget(state, `room:${roomId}`);
  }
  const players = state.players ?? [];
  const { status, playerId } = state.device;
  const own = status === "on" ? players.find(({ player_id }) => player_id === playerId) : undefined;
  const playing = players.find(({ player_id }) => state.playback[`player:${player_id}`]?.is_playing);
  const player = own ?? playing ?? players.find(({ available }) => available) ?? players[0];
  return player ? playerTarget(state, player) : null;
}

/**
 * @param {AppState} state
 * @param {string} topic
 * @returns {Target | null} exactly this player or room; null if it doesn't exist
 */
export function findTarget(state, topic) {
  const [kind, ...rest] = topic.split(":");
  const id = rest.join(":");
  if (kind === "room") {
    const info = state.rooms?.find(({ room_id }) => room_id === id) ?? state.roomDetails[id];
    return info ? roomTarget(state, id, info.name) : null;
  }
  const player = state.players?.find(({ player_id }) => player_id === id);
  return player ? playerTarget(state, player) : null;
}

/**
 * @param {AppState} state
 * @param {PlayerInfo} player
 * @returns {Target}
 */
function playerTarget(state, player) {
  const room = player.room_id ? state.rooms?.find(({ room_id }) => room_id === player.room_id) : null;
  if (room && state.roomDetails[room.room_id]) {
    // A player in a room plays what the room plays.
    return roomTarget(state, room.room_id, room.name);
  }
  return {
    kind: "player",
    id: player.player_id,
    name: player.name,
    available: player.available,
    entityId: player.entity_id ?? null,
    capabilities: player.capabilities ?? null,
    contextIds: { player_id: player.player_id },
    rights: playerRights(state.me),
    room: undefined,
    joined: false,
    ...musicOf(state, `player:${player.player_id}`),
  };
}

/**
 * @param {AppState} state
 * @param {string} id
 * @param {string} name
 * @returns {Target}
 */
function roomTarget(state, id, name) {
  const room = state.roomDetails[id];
  return {
    kind: "room",
    id,
    name,
    available: true,
    entityId: null,
    capabilities: null,
    contextIds: { room_id: id },
    rights: roomRights(room, state.me),
    room,
    joined: joinedRoomIds(state).includes(id),
    ...musicOf(state, `room:${id}`),
  };
}

/**
 * @param {AppState} state
 * @param {string} topic
 */
function musicOf(state, topic) {
  return { topic, status: state.playback[topic], queue: state.queues[topic], edits: state.edits[topic] ?? NO_EDITS };
}

/** @type {Edit[]} the same array each time, so that no change is seen */
const NO_EDITS = [];
