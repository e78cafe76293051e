/** Expose the player's status, read-only, as `window.moosicbox.player`: for tests and for debugging. */

/** @import { Device } from "./device.js" */

/** @param {() => Device | null} device */
export function exposeForInspection(device) {
  const player = Object.freeze({
    /** @returns {import("../player/status.js").PlayerStatus | null} */
    get status() {
      return device()?.player.status ?? null;
    },
    /** @returns {number} root mean square of the current output */
    signal: () => device()?.signal() ?? 0,
  });
  Object.defineProperty(window, "moosicbox", { value: Object.freeze({ player }), configurable: true });
}
