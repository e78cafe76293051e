/** A link by polling, for networks that let no WebSocket through: one request fetches, and one at a time sends. */
import { CLOSE_ABNORMAL, CLOSE_AUTHENTICATION_FAILED, CLOSE_NORMAL } from "./close-codes.js";

/** @import { Link, LinkEvents } from "./link.js" */
/** @import { ClientMessages, ServerMessage, ServerMessages } from "./messages.js" */

/**
 * The error in the body of a refused request.
 * @typedef {ServerMessages["error"] & {close_code?: number}} RefusalBody
 */

const WAIT_SECONDS = 25;
const RETRY_MS = 500;
// The hub gives a client up that has not fetched for 30 s.
const GIVE_UP_AFTER_MS = 25_000;
const MAX_BATCH = 100;
const GONE = 410;
// Errors that the same client gets again whenever it tries.
const FINAL_ERRORS = ["permission_denied", "invalid_message"];

/** The hub, or a web server before it, refused a request. */
class RefusedError extends Error {
  /**
   * @param {number} status of HTTP
   * @param {Partial<RefusalBody>} body
   */
  constructor(status, body) {
    super(body.message ?? `The web server answered ${String(status)}`);
    this.body = body;
    this.code = closeCodeOf(status, body);
    this.final = FINAL_ERRORS.includes(body.error_type ?? "");
  }
}

/**
 * @param {string} url of the hub's WebSocket
 * @param {LinkEvents} events
 * @param {typeof fetch} fetchFunction
 * @returns {Link}
 */
export function pollingLink(
  url,
  { authenticate, onmessage, onclose },
  fetchFunction = (input, init) => fetch(input, init),
) {
  const sessions = sessionsUrl(url);
  const ended = new AbortController();
  let address = sessions;
  let bearer = "";
  let opened = false;
  /** The hub's limit for the body of a request. */
  let maxBytes = 0;
  /** @type {string[]} messages as JSON */
  let outgoing = [];
  let sending = false;

  /**
   * @param {string} method
   * @param {string} to
   * @param {string} [body] JSON
   * @returns {Promise<unknown>}
   */
  async function request(method, to, body) {
    const response = await fetchFunction(to, {
      method,
      headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body }),
      signal: ended.signal,
    });
    if (!response.ok) {
      const refusal = /** @type {unknown} */ (await response.json().catch(() => ({})));
      throw new RefusedError(response.status, /** @type {Partial<RefusalBody>} */ (refusal));
    }
    /** @type {unknown} */
    const answer = await response.json();
    return answer;
  }

  /**
   * Repeat a request until the hub answers; cursors and request ids make repetitions safe.
   * @param {string} method
   * @param {string} to
   * @param {string} [body] JSON
   * @returns {Promise<unknown>}
   */
  async function requestRepeatedly(method, to, body) {
    const until = performance.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      try {
        return await request(method, to, body);
      } catch (error) {
        if (ended.signal.aborted || error instanceof RefusedError || performance.now() > until) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async function open() {
    const first = /** @type {ClientMessages["authenticate"]} */ (authenticate());
    bearer = first.token ?? first.resume?.secret ?? "";
    const welcome = /** @type {ServerMessage} */ (await request("POST", sessions, JSON.stringify(first)));
    if (welcome.type !== "welcome") {
      throw new TypeError("This is no MoosicBox hub");
    }
    opened = true;
    maxBytes = welcome.hello?.limits.max_message_size ?? 0;
    bearer = welcome.secret;
    address = `${sessions}/${welcome.session_id}`;
    if (welcome.hello) {
      deliver(welcome.hello);
    }
    deliver(welcome);
    let cursor = "";
    while (!ended.signal.aborted) {
      const fetched = /** @type {{messages: ServerMessage[], cursor: string}} */ (
        await requestRepeatedly("GET", `${address}/messages?wait=${String(WAIT_SECONDS)}${cursor}`)
      );
      cursor = `&cursor=${encodeURIComponent(fetched.cursor)}`;
      fetched.messages.forEach(deliver);
    }
  }

  async function sendAll() {
    sending = true;
    // Messages that are sent in the same turn go together.
    await Promise.resolve();
    while (outgoing.length > 0 && !ended.signal.aborted) {
      const batch = outgoing.splice(0, batchLength(outgoing, maxBytes));
      const answers = await requestRepeatedly("POST", `${address}/messages`, `[${batch.join(",")}]`);
      /** @type {ServerMessage[]} */ (answers).forEach(deliver);
    }
    sending = false;
  }

  /** @param {ServerMessage} message */
  function deliver(message) {
    if (!ended.signal.aborted) {
      onmessage(message);
    }
  }

  /** @param {unknown} error */
  function fail(error) {
    if (ended.signal.aborted) {
      return;
    }
    ended.abort();
    outgoing = [];
    const refusal = error instanceof RefusedError ? error : null;
    if (refusal?.body.type === "error") {
      onmessage(/** @type {RefusalBody} */ (refusal.body));
    }
    onclose({ code: refusal?.code ?? CLOSE_ABNORMAL, opened, refused: refusal?.final ?? false });
  }

  open().catch(fail);
  return {
    send(message) {
      if (!opened || ended.signal.aborted) {
        return false;
      }
      outgoing.push(JSON.stringify(message));
      if (!sending) {
        sendAll().catch(fail);
      }
      return true;
    },
    close(code) {
      ended.abort();
      if (code === CLOSE_NORMAL && opened) {
        // The answer is not awaited: the page may be unloading.
        const headers = { Authorization: `Bearer ${bearer}` };
        fetchFunction(address, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
      }
    },
  };
}

/**
 * @param {string[]} messages as JSON
 * @param {number} maxBytes of a body
 * @returns {number} how many of them one body carries; at least one
 */
function batchLength(messages, maxBytes) {
  const encoder = new TextEncoder();
  // The brackets of the list, and a comma or bracket after each message.
  let size = 1;
  const end = messages.findIndex((message, index) => {
    size += encoder.encode(message).length + 1;
    return index === MAX_BATCH || (index > 0 && size > maxBytes);
  });
  return end < 0 ? messages.length : end;
}

/**
 * @param {number} status of HTTP
 * @param {Partial<RefusalBody>} body
 * @returns {number} the close code that a WebSocket would have had
 */
function closeCodeOf(status, body) {
  if (status === GONE) {
    return body.close_code ?? CLOSE_ABNORMAL;
  }
  return body.error_type === "authentication_failed" ? CLOSE_AUTHENTICATION_FAILED : CLOSE_ABNORMAL;
}

/** @param {string} url of the WebSocket */
function sessionsUrl(url) {
  const address = new URL("sessions", url);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  return address.href;
}
