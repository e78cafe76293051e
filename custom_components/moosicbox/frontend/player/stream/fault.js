/** The reasons why a stream can't be decoded. */

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
