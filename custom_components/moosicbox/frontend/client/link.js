/** A link is one connection to the hub, over one transport, from the attempt to its end. */

/** @import { ClientMessage, ServerMessage } from "./messages.js" */

/**
 * @typedef {object} Link
 * @property {(message: ClientMessage) => boolean} send returns whether the link was open
 * @property {(code: number) => void} close 1000 ends the session, any other code leaves it to be resumed; no event follows
 */

/**
 * @typedef {object} LinkClosed
 * @property {number} code
 * @property {boolean} opened true if the hub sent anything over this link
 * @property {boolean} refused true if the hub refused the session for good, without a close code
 */

/**
 * @typedef {object} LinkEvents
 * @property {() => ClientMessage} authenticate makes the first message
 * @property {(message: ServerMessage) => void} onmessage
 * @property {(closed: LinkClosed) => void} onclose
 */

/** @typedef {(events: LinkEvents) => Link} OpenLink */

export {};
