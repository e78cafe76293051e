/** The way to the hub by polling, where WebSockets don't get through: one request fetches, one at a time sends. */
import { CLOSE_ABNORMAL, CLOSE_AUTHENTICATION_FAILED } from "./reconnect.js";

/** @import { Message } from "./types.js" */
/** @import { Link, LinkEvents } from "./websocket-link.js" */

const WAIT_SECONDS = 25;
const RETRY_MS = 500;
// The hub gives a client up that stays away for 30 s.
const LOST_AFTER_MS = 25_000;
const MOST_AT_ONCE = 100;
const CLOSE_NORMAL = 1000;
const GONE = 410;

/** The hub answered, and refused. */
class Refused extends Error {
  /**
   * @param {number} status
   * @param {Message} error
   */
  constructor(status, error) {
    super(error.message ?? `The web server answered ${status}`);
    this.error = error;
    this.code =
      status === GONE
        ? (error.close_code ?? CLOSE_ABNORMAL)
        : error.error_type === "authentication_failed"
          ? CLOSE_AUTHENTICATION_FAILED
          : CLOSE_ABNORMAL;
  }
}

/**
 * @param {string} url of the hub's WebSocket
 * @param {LinkEvents} events
 * @param {typeof fetch} get
 * @returns {Link}
 */
export function pollingLink(url, { authenticate, onmessage, onclose }, get = (...request) => fetch(...request)) {
  const sessions = sessionsOf(url);
  const ended = new AbortController();
  let address = sessions;
  let bearer = "";
  let opened = false;
  /** @type {Message[]} */
  let outgoing = [];
  let sending = false;

  /**
   * @param {string} method
   * @param {string} to
   * @param {unknown} [body]
   */
  async function ask(method, to, body) {
    const response = await get(to, {
      method,
      headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: ended.signal,
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Refused(response.status, answer);
    }
    return answer;
  }

  /**
   * A lost answer is simply asked for again: cursors and request ids make that harmless.
   * @param {string} method
   * @param {string} to
   * @param {unknown} [body]
   */
  async function askAgain(method, to, body) {
    const until = performance.now() + LOST_AFTER_MS;
    for (;;) {
      try {
        return await ask(method, to, body);
      } catch (error) {
        if (ended.signal.aborted || error instanceof Refused || performance.now() > until) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async function open() {
    const first = authenticate();
    bearer = first.token ?? first.resume?.secret ?? "";
    const welcome = await ask("POST", sessions, first);
    opened = true;
    bearer = welcome.secret;
    address = `${sessions}/${welcome.session_id}`;
    deliver(welcome.hello);
    deliver(welcome);
    let cursor = "";
    while (!ended.signal.aborted) {
      const fetched = await askAgain("GET", `${address}/messages?wait=${WAIT_SECONDS}${cursor}`);
      cursor = `&cursor=${encodeURIComponent(fetched.cursor)}`;
      fetched.messages.forEach(deliver);
    }
  }

  async function sendAll() {
    sending = true;
    // Whatever is sent within this turn goes together.
    await null;
    while (outgoing.length > 0 && !ended.signal.aborted) {
      const batch = outgoing.splice(0, MOST_AT_ONCE);
      (await askAgain("POST", `${address}/messages`, batch)).forEach(deliver);
    }
    sending = false;
  }

  /** @param {Message} message */
  function deliver(message) {
    if (!ended.signal.aborted) {
      onmessage(message);
    }
  }

  /** @param {unknown} error */
  function failed(error) {
    if (ended.signal.aborted) {
      return;
    }
    ended.abort();
    outgoing = [];
    if (error instanceof Refused && error.error.type === "error") {
      onmessage(error.error);
    }
    onclose({ code: error instanceof Refused ? error.code : CLOSE_ABNORMAL, opened });
  }

  open().catch(failed);
  return {
    send(message) {
      if (!opened || ended.signal.aborted) {
        return false;
      }
      outgoing.push(message);
      if (!sending) {
        sendAll().catch(failed);
      }
      return true;
    },
    close(code) {
      ended.abort();
      if (code === CLOSE_NORMAL && opened) {
        // Nobody waits for the answer; the page may be going.
        const headers = { Authorization: `Bearer ${bearer}` };
        get(address, { method: "DELETE", headers, keepalive: true }).catch(() => undefined);
      }
    },
  };
}

/** @param {string} url of the WebSocket */
function sessionsOf(url) {
  const address = new URL("sessions", url);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  return address.href;
}
