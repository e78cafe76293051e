/** Keeps the screen on while a tablet plays, so that it can serve as a display. Phones turn their screens off as usual. */
import { findTarget } from "./target.js";

/** @import { Store } from "./store.js" */

const TABLET = "(pointer: coarse) and (min-width: 600px) and (min-height: 600px)";

/**
 * @param {Store} store
 * @param {object} [browser]
 * @param {WakeLock | undefined} [browser.api] undefined where the page was loaded by plain http
 * @param {boolean} [browser.tablet]
 * @param {Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">} [browser.page]
 * @returns {() => void} releases the lock
 */
export function wakeLock(
  store,
  {
    api = /** @type {WakeLock | undefined} */ (navigator.wakeLock),
    tablet = matchMedia(TABLET).matches,
    page = document,
  } = {},
) {
  if (!api || !tablet) {
    return () => undefined;
  }
  let wanted = false;
  /** @type {Promise<WakeLockSentinel | undefined> | null} */
  let held = null;
  const check = () => {
    const { state } = store;
    const playing = Boolean(findTarget(state, `player:${state.device.playerId}`)?.status?.is_playing);
    wanted = playing && page.visibilityState === "visible";
    if (wanted && !held) {
      // The browser refuses it when the battery is low.
      const asked = api.request("screen").catch(() => undefined);
      held = asked;
      void asked.then((lock) => lock?.addEventListener("release", () => held === asked && (held = null)));
    } else if (!wanted) {
      release();
    }
  };
  const release = () => {
    void held?.then((lock) => lock?.release());
    held = null;
  };
  const off = store.subscribe(check);
  page.addEventListener("visibilitychange", check);
  check();
  return () => {
    off();
    page.removeEventListener("visibilitychange", check);
    release();
  };
}
