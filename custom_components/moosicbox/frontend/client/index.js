/** A client of the MoosicBox protocol for browsers and other JavaScript hosts. It needs neither a DOM nor Home Assistant. */
export { Clock } from "./clock.js";
export { CLOSE_AUTHENTICATION_FAILED, CLOSE_FORCED_OUT, CLOSE_REPLACED } from "./close-codes.js";
export { Connection } from "./connection.js";
export { Emitter } from "./emitter.js";
export { AuthenticationError, ConnectionLostError, HubError, RequestTimeoutError } from "./errors.js";
export { positionOf } from "./position.js";
export { TimeSync, monotonicUs } from "./time-sync.js";
