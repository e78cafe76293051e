/** Toasts for messages of the hub: notifications, and events of the room. */

/** @import { ServerMessage, ServerMessages } from "../client/messages.js" */
/** @import { RoomEventData } from "../app/rooms.js" */
/** @import { Context } from "./context.js" */

const ROOM_TOPIC = "room:";

/**
 * @param {ServerMessage} message
 * @param {Context} context
 */
export function showEventToast(message, context) {
  const text = eventText(message, context);
  if (text) {
    context.toast(text);
  }
}

/**
 * @param {ServerMessage} message
 * @param {Context} context
 * @returns {string | null}
 */
function eventText(message, context) {
  switch (message.type) {
    case "notification":
      return message.snapshot ? null : [message.title, message.message].filter(Boolean).join(": ");
    case "user_notification":
    case "admin_notification":
      return message.snapshot ? null : message.message;
    case "unsubscribed":
      return removalText(message, context);
    case "room_event":
      return roomEventText(message, context);
    default:
      return null;
  }
}

/**
 * @param {ServerMessages["unsubscribed"]} message
 * @param {Context} context
 */
function removalText({ topics, reason }, { localize }) {
  if (!topics.some((topic) => topic.startsWith(ROOM_TOPIC))) {
    return null;
  }
  return reason === "kicked" ? localize("event_removed") : reason === "closed" ? localize("event_room_closed") : null;
}

/**
 * @param {ServerMessages["room_event"]} message
 * @param {Context} context
 */
function roomEventText({ event_type, data: anyData }, { app, localize }) {
  const data = /** @type {RoomEventData} */ (/** @type {unknown} */ (anyData));
  const { me } = app.store.state;
  if (event_type === "user_joined" && data.client_id !== me?.clientId) {
    return localize("event_joined", { name: data.username });
  }
  return event_type === "host_changed" && data.host_user_id === me?.userId ? localize("event_host") : null;
}
