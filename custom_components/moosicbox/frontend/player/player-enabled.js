/** Tells pages if a user made this browser a player, without loading the player's code. */

/** The key of each user's identity in the browser's storage begins with this. */
export const KEY_PREFIX = "moosicbox.player.";

/** @param {Storage} [storage] */
export function isPlayerEnabled(storage) {
  try {
    const kept = storage ?? localStorage;
    return Object.keys(kept).some((key) => {
      /** @type {unknown} */
      const identity = key.startsWith(KEY_PREFIX) ? JSON.parse(kept.getItem(key) ?? "null") : null;
      return /** @type {{enabled?: unknown} | null} */ (identity)?.enabled === true;
    });
  } catch {
    // Storage is not available.
    return false;
  }
}
