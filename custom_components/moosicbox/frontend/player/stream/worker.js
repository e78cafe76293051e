/** The worker that decodes: several items at once, each a session. */
import { ByteReader } from "./bytes.js";
import { Session } from "./session.js";

/**
 * @typedef {{type: "open", id: number, url: string, growing: boolean, foreign: boolean, duration: number | null, rate: number, phase: number, frame: number, wanted: number, exactly: boolean}
 *   | {type: "want", id: number, frame: number}
 *   | {type: "seek", id: number, seek: number, frame: number, wanted: number, exactly: boolean}
 *   | {type: "close", id: number}
 *   | {type: "answer", call: number, value?: any, error?: string}} Asked
 */

const scope = /** @type {any} */ (globalThis);
/** @type {Map<number, Session>} */
const sessions = new Map();
/** What the page was asked. @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
const calls = new Map();
let lastCall = 0;

/**
 * Asks the page for what only it can do.
 * @param {{type: "renew", id: number} | {type: "decode", adts: ArrayBuffer, sampleRate: number, channels: number}} request
 * @param {Transferable[]} [transferred]
 * @returns {Promise<any>}
 */
function call(request, transferred = []) {
  lastCall += 1;
  scope.postMessage({ ...request, call: lastCall }, transferred);
  return new Promise((resolve, reject) => calls.set(lastCall, { resolve, reject }));
}

/** @param {Extract<Asked, {type: "open"}>} asked */
function open({ id, url, growing, foreign, duration, rate, phase, frame, wanted, exactly }) {
  const reader = new ByteReader(url, { growing, foreign, renew: () => call({ type: "renew", id }) });
  const options = {
    reader,
    known: { duration },
    rate,
    phase,
    /** @type {import("./decoders.js").NativeDecode} */
    native: (adts, sampleRate, channels) => call({ type: "decode", adts, sampleRate, channels }, [adts]),
    /** @param {import("./session.js").Told} told */
    tell: (told) =>
      scope.postMessage({ ...told, id }, told.type === "piece" ? told.channels.map(({ buffer }) => buffer) : []),
  };
  sessions.set(id, new Session(options, { frame, wanted, exactly }));
}

scope.onmessage = (/** @type {MessageEvent<Asked>} */ { data }) => {
  switch (data.type) {
    case "open":
      open(data);
      break;
    case "want":
      sessions.get(data.id)?.want(data.frame);
      break;
    case "seek":
      sessions.get(data.id)?.seek(data.seek, data.frame, data.wanted, data.exactly);
      break;
    case "close":
      sessions.get(data.id)?.close();
      sessions.delete(data.id);
      break;
    case "answer": {
      const { resolve, reject } = /** @type {NonNullable<ReturnType<typeof calls.get>>} */ (calls.get(data.call));
      calls.delete(data.call);
      data.error === undefined ? resolve(data.value) : reject(new Error(data.error));
    }
  }
};
