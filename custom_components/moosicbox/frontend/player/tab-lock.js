/** A lock that lets one tab of a browser play at a time. */

const NAME = "moosicbox-player";
// After a reload, the previous page may still hold the lock for a moment.
const PATIENCE_MS = 1_500;
const ANSWER_MS = 300;

/**
 * @typedef {object} TabLock
 * @property {(options: {steal: boolean}) => Promise<boolean>} acquire false when another tab has it, or when it was released or
 *   requested again meanwhile
 * @property {() => void} release also gives up a request that waits
 */

/**
 * @param {() => void} onlost another tab took it
 * @returns {TabLock}
 */
export function tabLock(onlost) {
  // Web Locks exist in secure contexts only; most households load pages over plain HTTP.
  const { locks } = /** @type {Partial<Navigator>} */ (navigator);
  return locks ? new WebTabLock(onlost) : new ChannelTabLock(onlost);
}

class WebTabLock {
  #onlost;
  /** @type {object | null} the request that holds the lock or waits for it */
  #request = null;
  /** @type {(() => void) | null} */
  #release = null;

  /** @param {() => void} onlost */
  constructor(onlost) {
    this.#onlost = onlost;
  }

  /** @param {{steal: boolean}} options */
  async acquire({ steal }) {
    if (this.#release) {
      return true;
    }
    const request = (this.#request = {});
    /** @type {Promise<boolean>} */
    const acquired = new Promise((resolve) => {
      const options = steal ? { steal } : { signal: AbortSignal.timeout(PATIENCE_MS) };
      const lock = navigator.locks.request(NAME, options, () => {
        if (request !== this.#request) {
          return undefined;
        }
        resolve(true);
        /** @type {Promise<void>} */
        const held = new Promise((release) => (this.#release = release));
        return held;
      });
      lock.then(
        () => {
          resolve(false);
        },
        () => {
          resolve(false);
          if (request === this.#request) {
            this.#lost();
          }
        },
      );
    });
    return acquired;
  }

  release() {
    this.#request = null;
    this.#release?.();
    this.#release = null;
  }

  #lost() {
    this.#request = null;
    if (this.#release) {
      this.#release = null;
      this.#onlost();
    }
  }
}

class ChannelTabLock {
  #onlost;
  /** @type {object | null} the request that holds the lock or waits for it */
  #request = null;
  #held = false;
  #channel = new BroadcastChannel(NAME);
  /** @type {() => void} */
  #refused = () => undefined;

  /** @param {() => void} onlost */
  constructor(onlost) {
    this.#onlost = onlost;
    this.#channel.onmessage = ({ data }) => this.#received(data);
  }

  /** @param {{steal: boolean}} options */
  async acquire({ steal }) {
    if (this.#held) {
      return true;
    }
    const request = (this.#request = {});
    if (steal) {
      this.#channel.postMessage("steal");
      this.#held = true;
      return true;
    }
    this.#channel.postMessage("ask");
    /** @type {boolean} */
    const free = await new Promise((resolve) => {
      this.#refused = () => resolve(false);
      setTimeout(() => resolve(true), ANSWER_MS);
    });
    if (request !== this.#request) {
      return false;
    }
    this.#held = free;
    return free;
  }

  release() {
    this.#request = null;
    this.#held = false;
  }

  /** @param {unknown} message */
  #received(message) {
    if (message === "held") {
      this.#refused();
    } else if (this.#held && message === "ask") {
      this.#channel.postMessage("held");
    } else if (this.#held && message === "steal") {
      this.#held = false;
      this.#onlost();
    }
  }
}
