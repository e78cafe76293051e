/** Keeps the screen of a tablet on while it plays: it stands there to be looked at. Phones go to sleep as always. */
import { targetOf } from "./target.js";

/** @import { Store } from "./store.js" */

const TABLET = "(pointer: coarse) and (min-width: 600px) and (min-height: 600px)";

/**
 * @param {Store} store
 * @param {object} [browser]
 * @param {WakeLock | undefined} [browser.wakeLock] undefined where the page came by plain http
 * @param {boolean} [browser.tablet]
 * @param {Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">} [browser.page]
 * @returns {() => void} lets it go
 */
export function wakeLock(
  store,
  { wakeLock = navigator.wakeLock, tablet = matchMedia(TABLET).matches, page = document } = {},
) {
  if (!wakeLock || !tablet) {
    return () => undefined;
  }
  let wanted = false;
  /** @type {Promise<WakeLockSentinel | undefined> | null} */
  let held = null;
  const check = () => {
    const { state } = store;
    const playing = Boolean(targetOf(state, `player:${state.device.playerId}`)?.status?.is_playing);
    wanted = playing && page.visibilityState === "visible";
    if (wanted && !held) {
      // Refused when the battery is low: then it is as it was.
      const asked = wakeLock.request("screen").catch(() => undefined);
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
