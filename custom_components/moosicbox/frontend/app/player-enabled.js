/** Whether a user made this browser a player: told without loading what a player needs. */

const KEY_PREFIX = "moosicbox.player.";

/** @param {Storage} [storage] */
export function isPlayerEnabled(storage) {
  try {
    const kept = storage ?? localStorage;
    return Object.keys(kept).some((key) => key.startsWith(KEY_PREFIX) && JSON.parse(kept[key]).enabled === true);
  } catch {
    // Private windows without storage.
    return false;
  }
}
