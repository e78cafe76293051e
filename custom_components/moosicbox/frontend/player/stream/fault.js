/** The reasons why a stream can't be decoded. */

/** The statuses of a file that is gone, and of an address that has expired. */
export const GONE_STATUSES = [401, 403, 404, 410];
export const GONE_MESSAGE = "The file is gone, or its address has expired";
export const UNREACHABLE_MESSAGE = "The server doesn't respond, or the audio can't be fetched now";

/** @typedef {"unreachable" | "not_found" | "unsupported" | "blocked"} FaultKind `blocked`: the server gives scripts no access */

export class StreamFault extends Error {
  /**
   * @param {FaultKind} kind
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.name = "StreamFault";
    this.kind = kind;
  }
}

/** @param {string} message */
export const unsupported = (message) => new StreamFault("unsupported", message);
