/** Shows the code for guests when a user asks the voice assistant for it. */
import { loadDeferred, loadOrTell } from "../components/lazy-view.js";

/** @import { ServerMessage } from "../../client/messages.js" */
/** @import { Context } from "../context.js" */

/** The event that `voice/group_commands.py` sends to one page. */
const SHOW_INVITE = "moosicbox.show_invite";

/**
 * @param {ServerMessage} message
 * @param {Context} context
 */
export async function showRequestedInvite(message, context) {
  if (message.type !== "message" || message.event !== SHOW_INVITE || message.snapshot || context.guest) {
    return;
  }
  const { room_id: id, name } = /** @type {{room_id: string, name: string}} */ (message.data);
  const loaded = await loadOrTell(context, () => loadDeferred(context, () => import("./invite-dialog.js")));
  loaded?.openInviteDialog(context, { id, name });
}
