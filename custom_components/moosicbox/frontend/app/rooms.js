/** The rooms that are subscribed, as far as they are known. Pure. */

/** @import { ChatLine, Participant, ServerMessages } from "../client/messages.js" */
/** @import { RoomDetails } from "../client/results.js" */

/**
 * The votes to skip the current item.
 * @typedef {{itemId: string, votes: number, needed: number, users: string[]}} Vote
 */

/** @typedef {"room_id" | "name" | "description" | "max_participants" | "is_public" | "control" | "wait" | "participants" | "host_user_id" | "chat"} RoomField */
/** @typedef {Pick<RoomDetails, RoomField> & {vote: Vote | null}} Room */

/**
 * The data of `room_event`; each type of event has some of these fields.
 * @typedef {Pick<Participant, "client_id" | "user_id" | "username" | "role">
 *   & {host_user_id: string, queue_item_id: string, votes: number, needed: number}} RoomEventData
 */

const MAX_CHAT_LINES = 200;

/**
 * @param {Pick<RoomDetails, RoomField>} details `room_state`, or the answer to `join` or `get`
 * @param {Room | undefined} known
 * @returns {Room}
 */
export function fromDetails(details, known) {
  const { room_id, name, description, max_participants, is_public, control, wait, participants, host_user_id } =
    details;
  return {
    ...{ room_id, name, description, max_participants, is_public, control, wait, participants, host_user_id },
    chat: details.chat.reduce(withLine, known?.chat ?? []),
    vote: known?.vote ?? null,
  };
}

/**
 * @param {Room} room
 * @param {ChatLine} line
 * @returns {Room}
 */
export function withChat(room, { message_id, user_id, username, message, sent_at }) {
  return { ...room, chat: withLine(room.chat, { message_id, user_id, username, message, sent_at }) };
}

/**
 * @param {Room} room
 * @param {ServerMessages["room_event"]} event
 * @returns {Room}
 */
export function withEvent(room, { event_type, data: anyData }) {
  const data = /** @type {RoomEventData} */ (/** @type {unknown} */ (anyData));
  const others = () => room.participants.filter(({ client_id }) => client_id !== data.client_id);
  switch (event_type) {
    case "user_joined": {
      // The event carries no role. The next `get` corrects it.
      const role = room.host_user_id === data.user_id ? "host" : roleOf(room, data.user_id);
      const joined = { ...data, role, ready: true, lagging: false, joined_at: "" };
      return { ...room, participants: [...others(), joined] };
    }
    case "user_left":
      return { ...room, participants: others() };
    case "participant_lagging":
      return withParticipants(room, (one) => (one.client_id === data.client_id ? { ...one, lagging: true } : one));
    case "role_changed":
      return withParticipants(room, (one) => (one.user_id === data.user_id ? { ...one, role: data.role } : one));
    case "host_changed": {
      const changed = withParticipants(room, (one) => {
        const role = one.user_id === data.host_user_id ? "host" : one.role === "host" ? "guest" : one.role;
        return { ...one, role };
      });
      return { ...changed, host_user_id: data.host_user_id };
    }
    case "room_updated":
      return { ...room, ...anyData };
    case "skip_vote": {
      const { queue_item_id: itemId, votes, needed, user_id } = data;
      const users = room.vote?.itemId === itemId ? room.vote.users : [];
      return { ...room, vote: { itemId, votes, needed, users: [...users, user_id] } };
    }
    default:
      return room;
  }
}

/**
 * @param {Room} room
 * @param {(participant: Participant) => Participant} change
 * @returns {Room}
 */
function withParticipants(room, change) {
  return { ...room, participants: room.participants.map(change) };
}

/**
 * @param {Room} room
 * @param {string} userId
 */
function roleOf(room, userId) {
  return room.participants.find(({ user_id }) => user_id === userId)?.role ?? "guest";
}

/**
 * @param {ChatLine[]} chat
 * @param {ChatLine} line
 */
function withLine(chat, line) {
  return chat.some(({ message_id }) => message_id === line.message_id) ? chat : [...chat, line].slice(-MAX_CHAT_LINES);
}
