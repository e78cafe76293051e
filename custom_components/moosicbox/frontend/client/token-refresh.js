/** Renews the session's token before it expires. */

const MARGIN_MS = 60_000;
const MIN_WAIT_MS = 30_000;
// A longer timeout would overflow and fire at once.
const MAX_WAIT_MS = 24 * 3600_000;

export class TokenRefresh {
  #renew;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => Promise<{expires_at?: string}>} renew sends a new token, answers when it expires */
  constructor(renew) {
    this.#renew = renew;
  }

  /** @param {string | null | undefined} expiresAt ISO 8601 */
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
        // A failure is no harm: the hub closes with "token expired", and a fresh one is taken then.
        this.#renew().then(
          ({ expires_at }) => this.schedule(expires_at),
          () => undefined,
        );
      }
    }, wait);
  }

  cancel() {
    clearTimeout(this.#timer);
  }
}
