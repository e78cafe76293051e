/** The way to the hub over a WebSocket. */

/** @import { Message } from "./types.js" */

/**
 * A way to the hub, open or about to be. `opened`: whether the hub spoke at all.
 * @typedef {object} Link
 * @property {(message: Message) => boolean} send whether it could be sent
 * @property {(code: number) => void} close 1000 ends the session, anything else leaves it to be resumed; nothing is heard after it
 */

/**
 * @typedef {object} LinkEvents
 * @property {() => Message} authenticate the first message
 * @property {(message: Message) => void} onmessage
 * @property {(closing: {code: number, opened: boolean}) => void} onclose
 */

const SUBPROTOCOL = "moosicbox.v1";
const OPEN = 1;

/**
 * @param {string} url
 * @param {LinkEvents} events
 * @param {typeof WebSocket} Socket
 * @returns {Link}
 */
export function websocketLink(url, { authenticate, onmessage, onclose }, Socket = WebSocket) {
  const socket = new Socket(url, [SUBPROTOCOL]);
  let opened = false;

  /** @param {Message} message */
  const send = (message) => {
    if (socket.readyState !== OPEN) {
      return false;
    }
    socket.send(JSON.stringify(message));
    return true;
  };

  socket.onmessage = ({ data }) => {
    const message = /** @type {Message} */ (JSON.parse(String(data)));
    opened = true;
    onmessage(message);
    // Whoever heard `hello` may have found that this hub is none for it.
    if (message.type === "hello" && socket.onmessage) {
      send(authenticate());
    }
  };
  socket.onclose = ({ code }) => onclose({ code, opened });

  return {
    send,
    close(code) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close(code);
    },
  };
}
