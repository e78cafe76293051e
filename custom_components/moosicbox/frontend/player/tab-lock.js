/** A lock that lets one tab of a browser play at a time. */

const NAME = "moosicbox-player";
// After a reload, the previous page may still hold the lock for a moment.
const PATIENCE_MS = 1_500;
const ANSWER_MS = 300;

/**
 * @typedef {object} TabLock
 * @property {(options: {steal: boolean}) => Promise<boolean>} acquire false when another tab has it
 * @property {() => void} release
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
    /** @type {Promise<boolean>} */
    const acquired = new Promise((resolve) => {
      const options = steal ? { steal } : { signal: AbortSignal.timeout(PATIENCE_MS) };
      const lock = navigator.locks.request(NAME, options, () => {
        resolve(true);
        /** @type {Promise<void>} */
        const held = new Promise((release) => (this.#release = release));
        return held;
      });
      lock.catch(() => {
        resolve(false);
        this.#lost();
      });
    });
    return acquired;
  }

  release() {
    this.#release?.();
    this.#release = null;
  }

  #lost() {
    if (this.#release) {
      this.#release = null;
      this.#onlost();
    }
  }
}

class ChannelTabLock {
  #onlost;
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
    if (steal) {
      this.#channel.postMessage("steal");
      this.#held = true;
      return true;
    }
    this.#channel.postMessage("ask");
    this.#held = await new Promise((resolve) => {
      this.#refused = () => resolve(false);
      setTimeout(() => resolve(true), ANSWER_MS);
    });
    return this.#held;
  }

  release() {
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
