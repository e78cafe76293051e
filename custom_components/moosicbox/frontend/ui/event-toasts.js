/** What the hub tells people in passing. */

/** @import { Message } from "../client/types.js" */
/** @import { Context } from "./context.js" */

const ROOM_TOPIC = "room:";

/**
 * @param {Message} message
 * @param {Context} context
 */
export function showEventToast(message, { app, localize, toast }) {
  switch (message.type) {
    case "notification":
    case "user_notification":
    case "admin_notification":
      if (!message.snapshot) {
        toast([message.title, message.message].filter(Boolean).join(": "));
      }
      break;
    case "unsubscribed": {
      const left = message.topics.some((/** @type {string} */ topic) => topic.startsWith(ROOM_TOPIC));
      if (left && message.reason === "kicked") {
        toast(localize("told_kicked"));
      } else if (left && message.reason === "closed") {
        toast(localize("told_closed"));
      }
      break;
    }
    case "room_event": {
      const { event_type, data } = message;
      const { me } = app.store.state;
      if (event_type === "user_joined" && data.client_id !== me?.clientId) {
        toast(localize("told_joined", { name: data.username }));
      } else if (event_type === "host_changed" && data.host_user_id === me?.userId) {
        toast(localize("told_host"));
      }
      break;
    }
    default:
  }
}
