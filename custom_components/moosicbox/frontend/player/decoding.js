/** The page's side of the worker that decodes items. */

/** @typedef {import("./stream/session.js").SessionMessage} SessionMessage */
/** @typedef {import("./stream/session.js").Target} Target */
/** @typedef {import("./stream/worker.js").OpenRequest} OpenRequest */
/** @typedef {import("./stream/worker.js").PageMessage} PageMessage */
/** @typedef {import("./stream/worker.js").WorkerMessage} WorkerMessage */
/** @typedef {import("./stream/worker.js").WorkerRequest} WorkerRequest */

/**
 * The connection to the worker's session of one item.
 * @typedef {object} Channel
 * @property {(options: Omit<OpenRequest, keyof Address>, onmessage: (message: SessionMessage) => void) => void} open
 * @property {(frame: number) => void} want requests pieces up to that frame
 * @property {(target: Target, wanted: number) => void} seek
 * @property {() => void} close
 */

/**
 * @typedef {object} Address
 * @property {string} url
 * @property {boolean} transcoded true if the hub transcodes the file
 * @property {boolean} shared true if it is a radio station that the hub fetches for a room
 * @property {boolean} foreign true for an address of another server
 * @property {() => Promise<string>} renew returns a new address
 */

/** @type {SessionMessage} */
const LOST = { type: "failed", kind: "unsupported", message: "The decoder stopped" };

export class Decoding {
  #worker;
  /** @type {Map<number, {address: Address, onmessage: (message: SessionMessage) => void}>} */
  #items = new Map();
  #lastId = 0;
  /** By sample rate. @type {Map<number, OfflineAudioContext>} */
  #contexts = new Map();
  #lost = false;

  constructor() {
    this.#worker = new Worker(new URL("./stream/worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = (/** @type {MessageEvent<WorkerMessage>} */ { data }) => {
      this.#handle(data);
    };
    // Browsers whose workers can't be modules report an error as well.
    this.#worker.onerror = () => {
      this.#lose();
    };
  }

  /** True if the browser has what decoding needs. */
  static get possible() {
    return typeof Worker === "function" && typeof WebAssembly === "object" && typeof OfflineAudioContext === "function";
  }

  /** True if the worker has failed, so that nothing can be decoded any more. */
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
    return {
      open: (options, onmessage) => {
        this.#items.set(id, { address, onmessage });
        const { url, transcoded, shared, foreign } = address;
        this.#post({ type: "open", id, url, transcoded, shared, foreign, ...options });
        if (this.#lost) {
          // The opener has yet to listen.
          queueMicrotask(() => this.#items.get(id)?.onmessage(LOST));
        }
      },
      want: (frame) => {
        this.#post({ type: "want", id, frame });
      },
      seek: (target, wanted) => {
        this.#post({ type: "seek", id, target, wanted });
      },
      close: () => {
        this.#items.delete(id);
        this.#post({ type: "close", id });
      },
    };
  }

  dispose() {
    this.#worker.terminate();
    this.#items.clear();
  }

  /** @param {WorkerMessage} message */
  #handle(message) {
    if ("call" in message) {
      void this.#respond(message);
    } else {
      this.#items.get(message.id)?.onmessage(message);
    }
  }

  /** @param {WorkerRequest & {call: number}} request */
  async #respond(request) {
    const { call } = request;
    try {
      if (request.type === "decode") {
        const value = await this.#decode(request);
        const buffers = value.map(({ buffer }) => buffer);
        this.#post({ type: "result", call, value }, buffers);
      } else {
        this.#post({ type: "result", call, value: await this.#items.get(request.id)?.address.renew() });
      }
    } catch (error) {
      this.#post({ type: "result", call, error: String(error) });
    }
  }

  /**
   * Decode by means of the browser. On pages loaded over plain HTTP, workers have no access to its decoders.
   * @param {Extract<WorkerRequest, {type: "decode"}>} request
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

  /**
   * @param {PageMessage} message
   * @param {Transferable[]} [transferred]
   */
  #post(message, transferred = []) {
    this.#worker.postMessage(message, transferred);
  }

  #lose() {
    this.#lost = true;
    for (const { onmessage } of this.#items.values()) {
      onmessage(LOST);
    }
  }
}
