/** Close codes of the protocol that the browser side names. The range of a code says whether to reconnect: see reconnect.js. */

export const CLOSE_NORMAL = 1000;
/** The connection ended without a close frame. */
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_PING_TIMEOUT = 4012;
export const CLOSE_AUTHENTICATION_FAILED = 4501;
export const CLOSE_FORCED_OUT = 4503;
export const CLOSE_TOKEN_EXPIRED = 4505;
export const CLOSE_REPLACED = 4509;

/** Codes from here to `LAST_TERMINAL` end the session: do not reconnect. */
export const FIRST_TERMINAL = 4500;
export const LAST_TERMINAL = 4999;
