/** A room with participants, and a player that plays, for tests. */
import { fromDetails } from "../../custom_components/moosicbox/frontend/app/rooms.js";
import { Store, initialState } from "../../custom_components/moosicbox/frontend/app/store.js";

/** @import { Participant, PlayerInfo, QueueItem, Track } from "../../custom_components/moosicbox/frontend/client/messages.js" */
/** @import { DeviceState, PlaybackStatus } from "../../custom_components/moosicbox/frontend/app/store.js" */

/**
 * @param {string} user_id
 * @param {Participant["role"]} [role]
 * @returns {Participant}
 */
export const participant = (user_id, role = "guest") => ({
  user_id,
  username: user_id,
  client_id: `c-${user_id}`,
  role,
  ready: true,
  lagging: false,
  joined_at: "",
});

/** @param {string} message_id */
export const chatLine = (message_id) => ({
  message_id,
  user_id: "ada",
  username: "Ada",
  message: "Hi",
  sent_at: "2026-11-01T12:00:00Z",
});

export const ROOM = fromDetails(
  {
    room_id: "party",
    name: "Party",
    description: null,
    max_participants: 20,
    is_public: true,
    control: "host",
    wait: "bounded",
    participants: [participant("ada", "host"), participant("ben")],
    host_user_id: "ada",
    chat: [chatLine("1")],
  },
  undefined,
);

/** @param {string} userId @param {string[]} [permissions] */
export const identity = (userId, permissions = ["listen", "control", "chat"]) => ({
  userId,
  name: userId,
  clientId: `c-${userId}`,
  permissions,
});

/** @type {DeviceState} */
export const DEVICE = {
  status: "off",
  playerId: "mine",
  name: null,
  needsInteraction: false,
  fault: null,
  volume: 1,
  muted: false,
  dataSaver: "auto",
  saving: false,
  fallback: null,
};

/** @type {Track} */
export const TRACK = {
  track_id: "t",
  title: "Low Tide",
  artist: "Nora Vale",
  album: "Low Tide",
  album_artist: null,
  duration: 200,
  track_number: null,
  disc_number: null,
  year: null,
  genre: null,
  artwork_url: "/api/moosicbox/artwork/t?sig=1",
  media_content_id: null,
};

/** @type {PlaybackStatus} */
export const PLAYING = {
  type: "playback_status",
  state: "playing",
  is_playing: true,
  current_track: TRACK,
  queue_item_id: "q",
  position_seconds: 10,
  anchor_us: 1_000_000,
  rate: 1,
  duration_seconds: 200,
  volume: 1,
  muted: false,
  shuffle: false,
  autoplay: false,
  speed: 1,
  repeat: "off",
  queue_length: 1,
  queue_revision: 1,
};

/**
 * @param {string} player_id
 * @param {Partial<PlayerInfo>} [changes]
 * @returns {PlayerInfo}
 */
export const playerInfo = (player_id, changes = {}) => ({
  player_id,
  name: player_id,
  available: true,
  capabilities: null,
  room_id: null,
  entity_id: null,
  ...changes,
});

/**
 * @param {string} queue_item_id
 * @returns {QueueItem}
 */
export const queueItem = (queue_item_id) => ({
  queue_item_id,
  track: { ...TRACK, track_id: `t-${queue_item_id}` },
  added_by: { id: "ada", name: "Ada" },
  added_at: "",
  origin: "user",
  state: "pending",
  votes: 0,
});

/** A store in which this browser is a player that plays. */
export function playingStore() {
  const store = new Store(initialState({ ...DEVICE, status: "on", playerId: "tab" }));
  store.update({ players: [playerInfo("tab")], playback: { "player:tab": PLAYING } });
  return store;
}
