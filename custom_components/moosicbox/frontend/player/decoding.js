/** The page's side of the worker that decodes. */

/** @typedef {import("./stream/session.js").Told} Told */

/**
 * One item.
 * @typedef {object} Channel
 * @property {(options: {rate: number, phase: number, duration: number | null, frame: number, wanted: number, exactly: boolean}, ontold: (told: Told) => void) => void} open
 * @property {(frame: number) => void} want pieces up to that frame
 * @property {(seek: number, frame: number, wanted: number, exactly: boolean) => void} seek
 * @property {() => void} close
 */

/**
 * @typedef {object} Address
 * @property {string} url
 * @property {boolean} growing the server is still making it
 * @property {boolean} foreign
 * @property {() => Promise<string>} renew
 */

const LOST = {
  type: /** @type {const} */ ("failed"),
  kind: /** @type {const} */ ("unsupported"),
  message: "The decoder stopped",
};

export class Decoding {
  #worker;
  /** @type {Map<number, {address: Address, ontold: (told: Told) => void}>} */
  #items = new Map();
  #lastId = 0;
  /** One for each sample rate. @type {Map<number, OfflineAudioContext>} */
  #contexts = new Map();
  #lost = false;

  constructor() {
    this.#worker = new Worker(new URL("./stream/worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => void this.#told(data);
    // Also where workers can't be modules: they fail to load then.
    this.#worker.onerror = () => this.#lose();
  }

  /** Whether this browser has all that it takes. */
  static get possible() {
    return typeof Worker === "function" && typeof WebAssembly === "object" && typeof OfflineAudioContext === "function";
  }

  /** Whether the worker has failed, so that nothing can be decoded any more. */
  get lost() {
    return this.#lost;
  }

  /**
   * @param {Address} address
   * @returns {Channel}
   */
  channel(address) {
    this.#lastId += 1;
    const id = this.#lastId;
    const post = (/** @type {object} */ message) => this.#worker.postMessage({ ...message, id });
    return {
      open: (options, ontold) => {
        this.#items.set(id, { address, ontold });
        const { url, growing, foreign } = address;
        post({ type: "open", url, growing, foreign, ...options });
        if (this.#lost) {
          ontold(LOST);
        }
      },
      want: (frame) => post({ type: "want", frame }),
      seek: (seek, frame, wanted, exactly) => post({ type: "seek", seek, frame, wanted, exactly }),
      close: () => {
        this.#items.delete(id);
        post({ type: "close" });
      },
    };
  }

  dispose() {
    this.#worker.terminate();
    this.#items.clear();
  }

  /** @param {any} message */
  async #told(message) {
    const item = this.#items.get(message.id);
    if (message.call === undefined) {
      item?.ontold(message);
      return;
    }
    const answer = (/** @type {unknown} */ value, /** @type {Transferable[]} */ transferred) =>
      this.#worker.postMessage({ type: "answer", call: message.call, value }, transferred);
    try {
      if (message.type === "decode") {
        const channels = await this.#decode(message);
        answer(
          channels,
          channels.map(({ buffer }) => buffer),
        );
      } else {
        answer(await item?.address.renew(), []);
      }
    } catch (error) {
      this.#worker.postMessage({ type: "answer", call: message.call, error: String(error) });
    }
  }

  /**
   * Decodes what workers can't: only a page has the browser's decoder where it came by plain http.
   * @param {{adts: ArrayBuffer, sampleRate: number, channels: number}} request
   */
  async #decode({ adts, sampleRate, channels }) {
    let context = this.#contexts.get(sampleRate);
    if (!context) {
      context = new OfflineAudioContext({ numberOfChannels: channels, length: 1, sampleRate });
      this.#contexts.set(sampleRate, context);
    }
    const buffer = await context.decodeAudioData(adts);
    return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel).slice());
  }

  #lose() {
    this.#lost = true;
    for (const { ontold } of this.#items.values()) {
      ontold(LOST);
    }
  }
}
