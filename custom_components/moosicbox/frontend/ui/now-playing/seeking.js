/** Whether the user may change the position of what plays, and the player can. */

/** @import { Target } from "../context.js" */

/** @param {Target} target */
export function canSeek({ capabilities, rights }) {
  return rights.has("playback.control") && (capabilities?.includes("seek") ?? true);
}
