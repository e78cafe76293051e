/** The right and the ability to change the position of what plays. */

/** @import { Target } from "../context.js" */

/** @param {Target} target */
export function canSeek({ capabilities, rights }) {
  return rights.has("playback.control") && (capabilities?.includes("seek") ?? true);
}
