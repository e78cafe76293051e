/** A read-only look at the player for tests and the curious: `window.moosicbox.player`. */

/** @import { Device } from "./device.js" */

/** @param {() => Device | null} device */
export function exposeForInspection(device) {
  const player = Object.freeze({
    /** @returns {import("../player/status.js").PlayerStatus | null} */
    get status() {
      return device()?.player.status ?? null;
    },
    /** @returns {number} root mean square of what goes out now */
    signal: () => device()?.signal() ?? 0,
  });
  Object.defineProperty(window, "moosicbox", { value: Object.freeze({ player }), configurable: true });
}
