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
 * @property {(options: {fresh: boolean}) => Promise<string>} getToken
 * @property {(listener: () => void) => void} onback tells when Home Assistant is there again
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
