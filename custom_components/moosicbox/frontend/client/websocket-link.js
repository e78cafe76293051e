/** A link over a WebSocket. */

/** @import { Link, LinkEvents } from "./link.js" */
/** @import { ClientMessage, ServerMessage } from "./messages.js" */

const SUBPROTOCOL = "moosicbox.v1";
const OPEN = 1;

/**
 * @param {string} url
 * @param {LinkEvents} events
 * @param {typeof WebSocket} [Socket]
 * @returns {Link}
 */
export function websocketLink(url, { authenticate, onmessage, onclose }, Socket = WebSocket) {
  const socket = new Socket(url, [SUBPROTOCOL]);
  let opened = false;

  /** @param {ClientMessage} message */
  const send = (message) => {
    if (socket.readyState !== OPEN) {
      return false;
    }
    socket.send(JSON.stringify(message));
    return true;
  };

  socket.onmessage = ({ data }) => {
    const message = parse(data);
    opened = true;
    onmessage(message);
    // The listener closes the link if it doesn't support the hub's protocol version.
    if (message.type === "hello" && socket.onmessage) {
      send(authenticate());
    }
  };
  socket.onclose = ({ code }) => {
    onclose({ code, opened, refused: false });
  };

  return {
    send,
    close(code) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close(code);
    },
  };
}

/**
 * @param {unknown} data
 * @returns {ServerMessage}
 */
function parse(data) {
  /** @type {unknown} */
  const message = JSON.parse(String(data));
  return /** @type {ServerMessage} */ (message);
}
