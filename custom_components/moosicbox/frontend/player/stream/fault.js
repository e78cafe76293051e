/** Why a stream can't be decoded here. */

/** @typedef {"unreachable" | "not_found" | "unsupported" | "blocked"} FaultKind `blocked`: scripts may not read it */

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
