/** What is known of the rooms that are followed: pure. */

/** @import { ChatLine, Message, Participant } from "../client/types.js" */

/**
 * @typedef {object} Room
 * @property {string} room_id
 * @property {string} name
 * @property {string | null} description
 * @property {number} max_participants
 * @property {boolean} is_public
 * @property {"host" | "everyone" | "votes"} control
 * @property {string} wait
 * @property {Participant[]} participants
 * @property {string | null} host_user_id
 * @property {ChatLine[]} chat
 * @property {{itemId: string, votes: number, needed: number, users: string[]} | null} vote against the current item
 */

const CHAT_LINES = 200;

/**
 * @param {Message} state `room_state`, or the answer to `join` or `get`
 * @param {Room | undefined} held
 * @returns {Room}
 */
export function fromState(state, held) {
  const { room_id, name, description, max_participants, is_public, control, wait, participants, host_user_id } = state;
  const chat = state.chat.reduce(withLine, held?.chat ?? []);
  return {
    ...{ room_id, name, description, max_participants, is_public, control, wait, participants, host_user_id },
    chat,
    vote: held?.vote ?? null,
  };
}

/**
 * @param {Room} room
 * @param {Message} line `room_chat`
 * @returns {Room}
 */
export function withChat(room, line) {
  const { message_id, user_id, username, message, sent_at } = line;
  return { ...room, chat: withLine(room.chat, { message_id, user_id, username, message, sent_at }) };
}

/**
 * @param {Room} room
 * @param {Message} event `room_event`
 * @returns {Room}
 */
export function withEvent(room, { event_type, data }) {
  const others = () => room.participants.filter(({ client_id }) => client_id !== data.client_id);
  switch (event_type) {
    case "user_joined": {
      // The hub sends no role along; it follows with the next look at the room.
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
      return { ...room, ...data };
    case "skip_vote": {
      const { queue_item_id: itemId, votes, needed, user_id } = data;
      const users = room.vote && room.vote.itemId === itemId ? room.vote.users : [];
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
  return chat.some(({ message_id }) => message_id === line.message_id) ? chat : [...chat, line].slice(-CHAT_LINES);
}
