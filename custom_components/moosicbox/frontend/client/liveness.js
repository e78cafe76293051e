/**
 * Detects a connection that has gone silent: after an interval without any message the hub is asked for one. Otherwise a half-open
 * connection would stay unnoticed for minutes.
 */
export class Liveness {
  #probe;
  #received = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} probe sends a request that the hub answers at once */
  constructor(probe) {
    this.#probe = probe;
  }

  /** @param {number} intervalMs */
  start(intervalMs) {
    this.stop();
    this.#timer = setInterval(() => {
      if (!this.#received) {
        this.#probe();
      }
      this.#received = false;
    }, intervalMs);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** Note that a message was received. */
  markReceived() {
    this.#received = true;
  }
}
