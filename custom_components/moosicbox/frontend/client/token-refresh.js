/** Refreshes the session's token before it expires. */

const MARGIN_MS = 60_000;
const MIN_WAIT_MS = 30_000;
// A longer timeout would overflow and fire at once.
const MAX_WAIT_MS = 24 * 3600_000;

export class TokenRefresh {
  #refresh;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => Promise<{expires_at?: string}>} refresh sends a fresh token; returns when that one expires */
  constructor(refresh) {
    this.#refresh = refresh;
  }

  /** @param {string | null | undefined} expiresAt ISO 8601; without it nothing is scheduled */
  schedule(expiresAt) {
    this.cancel();
    if (!expiresAt) {
      return;
    }
    const due = Date.parse(expiresAt) - MARGIN_MS;
    const wait = Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, due - Date.now()));
    this.#timer = setTimeout(() => {
      if (Date.now() < due) {
        this.schedule(expiresAt);
      } else {
        this.#refresh().then(
          ({ expires_at }) => {
            this.schedule(expires_at);
          },
          // No retry: the hub closes with "token expired", and the reconnect fetches a fresh token.
          () => undefined,
        );
      }
    }, wait);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}
