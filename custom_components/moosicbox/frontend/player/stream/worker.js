/** The worker that decodes items, each in a session of its own. */
import { ByteReader } from "./bytes.js";
import { Session } from "./session.js";

/**
 * An item to open.
 * @typedef {object} OpenRequest
 * @property {string} url
 * @property {boolean} transcoded
 * @property {boolean} shared
 * @property {boolean} foreign
 * @property {number | null} duration
 * @property {number} rate
 * @property {number} phase
 * @property {number} frame
 * @property {number} wanted
 * @property {boolean} exactly
 */

/**
 * Messages of the page. `id` is the item's.
 * @typedef {(OpenRequest & {type: "open", id: number})
 *   | {type: "want", id: number, frame: number}
 *   | {type: "seek", id: number, target: import("./session.js").Target, wanted: number}
 *   | {type: "close", id: number}
 *   | {type: "result", call: number, value?: unknown, error?: string}} PageMessage
 */

/**
 * Requests to the page, for what only a page can do.
 * @typedef {{type: "renew", id: number}
 *   | {type: "decode", adts: ArrayBuffer, sampleRate: number, channels: number}} WorkerRequest
 */

/** @typedef {(import("./session.js").SessionMessage & {id: number}) | (WorkerRequest & {call: number})} WorkerMessage */

/**
 * The global scope of a worker, which TypeScript knows only without that of a page.
 * @typedef {object} Scope
 * @property {(message: WorkerMessage, transferred: Transferable[]) => void} postMessage
 * @property {((event: MessageEvent<PageMessage>) => void) | null} onmessage
 */
const scope = /** @type {Scope} */ (/** @type {unknown} */ (globalThis));
/** @type {Map<number, Session>} */
const sessions = new Map();
/** Requests to the page without a result. @type {Map<number, {resolve: (value: unknown) => void, reject: (error: Error) => void}>} */
const calls = new Map();
let lastCall = 0;

/**
 * @param {WorkerRequest} request
 * @param {Transferable[]} [transferred]
 * @returns {Promise<unknown>} the page's result
 */
function call(request, transferred = []) {
  lastCall += 1;
  scope.postMessage({ ...request, call: lastCall }, transferred);
  return new Promise((resolve, reject) => calls.set(lastCall, { resolve, reject }));
}

/** @param {OpenRequest & {id: number}} request */
function open({ id, url, transcoded, shared, foreign, duration, rate, phase, frame, wanted, exactly }) {
  const renew = async () => /** @type {string} */ (await call({ type: "renew", id }));
  /** @type {import("./session.js").SessionOptions} */
  const options = {
    openReader: (start, patient) =>
      new ByteReader(url, {
        growing: transcoded,
        start,
        live: shared,
        foreign,
        renew,
        ...(patient ? { patient } : {}),
      }),
    transcoded,
    live: shared,
    known: { duration },
    rate,
    phase,
    native: async (adts, sampleRate, channels) =>
      /** @type {Float32Array[]} */ (await call({ type: "decode", adts, sampleRate, channels }, [adts])),
    send: (message) => {
      scope.postMessage(
        { ...message, id },
        message.type === "piece" ? message.channels.map(({ buffer }) => buffer) : [],
      );
    },
  };
  sessions.set(id, new Session(options, { frame, wanted, exactly }));
}

scope.onmessage = (/** @type {MessageEvent<PageMessage>} */ { data }) => {
  switch (data.type) {
    case "open":
      open(data);
      break;
    case "want":
      sessions.get(data.id)?.want(data.frame);
      break;
    case "seek":
      sessions.get(data.id)?.seek(data.target, data.wanted);
      break;
    case "close":
      sessions.get(data.id)?.close();
      sessions.delete(data.id);
      break;
    case "result": {
      const waiting = calls.get(data.call);
      calls.delete(data.call);
      if (data.error === undefined) {
        waiting?.resolve(data.value);
      } else {
        waiting?.reject(new Error(data.error));
      }
    }
  }
};
