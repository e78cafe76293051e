/** Access to the hub with the login of Home Assistant's page that this code runs in. */
import { AuthenticationError } from "../client/index.js";

/**
 * Home Assistant's own login, as its page offers it.
 * @typedef {object} HassAuth
 * @property {string} accessToken
 * @property {boolean} expired
 * @property {() => Promise<void>} refreshAccessToken
 * @property {{hassUrl: string}} data
 */

/**
 * @typedef {object} HassConnection
 * @property {HassAuth} auth
 * @property {{sendMessagePromise: (message: object) => Promise<any>, addEventListener: (type: "ready", listener: () => void) => void}} conn
 */

/**
 * @typedef {object} Access
 * @property {string} baseUrl of Home Assistant
 * @property {string} userId
 * @property {Storage} storage where this browser's player, and what else outlives the page, is kept
 * @property {string} [clientName] what the page is called as a client that doesn't play
 * @property {(options: {fresh: boolean}) => Promise<string | import("../client/connection.js").Credential>} getToken
 * @property {(token: string) => void} [keepToken] hears of a token that the hub gave a guest
 * @property {(listener: () => void) => void} onback tells when Home Assistant is there again
 * @property {(message: object) => Promise<any>} [ask] Home Assistant's own WebSocket, where there is a login
 */

// home-assistant-js-websocket's ERR_INVALID_AUTH: the login itself is gone, not just the token.
const INVALID_AUTH = 2;

/** @returns {Promise<Access>} once the user is logged in */
export async function homeAssistantAccess() {
  const { auth, conn } = await /** @type {{hassConnection: Promise<HassConnection>}} */ (
    /** @type {unknown} */ (window)
  ).hassConnection;
  const user = await conn.sendMessagePromise({ type: "auth/current_user" });
  return {
    baseUrl: auth.data.hassUrl,
    userId: user.id,
    storage: localStorage,
    ask: (message) => conn.sendMessagePromise(message),
    onback: (listener) => conn.addEventListener("ready", listener),
    async getToken({ fresh }) {
      if (fresh || auth.expired) {
        await auth.refreshAccessToken().catch((error) => {
          throw error === INVALID_AUTH ? new AuthenticationError() : error;
        });
      }
      return auth.accessToken;
    },
  };
}
