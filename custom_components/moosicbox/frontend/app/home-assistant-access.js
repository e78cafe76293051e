/** Access to the hub with the login of the Home Assistant page that this code runs in. */
import { AuthenticationError } from "../client/index.js";

/** @import { Credential } from "../client/connection.js" */

/**
 * The login, as Home Assistant's page offers it.
 * @typedef {object} HassAuth
 * @property {string} accessToken
 * @property {boolean} expired
 * @property {() => Promise<void>} refreshAccessToken
 * @property {{hassUrl: string}} data
 */

/**
 * @typedef {object} HassWebSocket
 * @property {(message: object) => Promise<unknown>} sendMessagePromise
 * @property {(type: "ready", listener: () => void) => void} addEventListener
 */

/** @typedef {{auth: HassAuth, conn: HassWebSocket}} HassConnection */

/**
 * @typedef {object} Access
 * @property {string} baseUrl of Home Assistant
 * @property {string} userId
 * @property {Storage} storage for this browser's player and other settings that outlive the page
 * @property {string} [clientName] the name of the page as a client that is no player
 * @property {boolean} [canRenew] false if a refused token can't be replaced
 * @property {(options: {fresh: boolean}) => Promise<string | Credential>} getToken
 * @property {(token: string) => void} [keepToken] called with a token that the hub issued to a guest
 * @property {(listener: () => void) => void} onback the listener is called when Home Assistant is back
 * @property {(message: object) => Promise<unknown>} [callHomeAssistant] sends a command to Home Assistant's WebSocket; absent for guests
 */

// ERR_INVALID_AUTH of home-assistant-js-websocket: the login has ended, not only the token.
const INVALID_AUTH = 2;

/** @returns {Promise<Access>} once the user is logged in */
export async function homeAssistantAccess() {
  const page = /** @type {{hassConnection: Promise<HassConnection>}} */ (/** @type {unknown} */ (window));
  const { auth, conn } = await page.hassConnection;
  const user = /** @type {{id: string}} */ (await conn.sendMessagePromise({ type: "auth/current_user" }));
  return {
    baseUrl: auth.data.hassUrl,
    userId: user.id,
    storage: localStorage,
    callHomeAssistant: (message) => conn.sendMessagePromise(message),
    onback: (listener) => {
      conn.addEventListener("ready", listener);
    },
    async getToken({ fresh }) {
      if (fresh || auth.expired) {
        await auth.refreshAccessToken().catch((/** @type {unknown} */ error) => {
          throw error === INVALID_AUTH ? new AuthenticationError() : error;
        });
      }
      return auth.accessToken;
    },
  };
}
