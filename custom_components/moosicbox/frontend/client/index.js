/** The MoosicBox protocol for browsers and other JavaScript hosts: no DOM, no Home Assistant. */
export { Clock } from "./clock.js";
export { Connection } from "./connection.js";
export { Emitter } from "./emitter.js";
export { AuthenticationError, ConnectionLostError, HubError, RequestTimeoutError } from "./errors.js";
export { CLOSE_AUTHENTICATION_FAILED, CLOSE_REPLACED } from "./reconnect.js";
export { TimeSync, monotonicUs } from "./time-sync.js";
