/** The audible positions of an item over the context's time, as a list of segments. */

const MAX_SEGMENTS = 32;

/**
 * From context time `from` on, the item is at `position` and moves with `rate`. A null position is silence.
 * @typedef {{from: number, position: number | null, rate: number}} Segment
 */

export class Segments {
  /** @type {Segment[]} */
  #segments = [];

  /**
   * Add a segment, in place of those that begin later.
   * @param {Segment} segment
   */
  add(segment) {
    this.#segments = [...this.#segments.filter(({ from }) => from < segment.from), segment].slice(-MAX_SEGMENTS);
  }

  /**
   * @param {number} contextTime
   * @returns {number | null} the position then; null in silence
   */
  positionAt(contextTime) {
    const segment = this.#segments.findLast(({ from }) => from <= contextTime);
    if (segment?.position === undefined || segment.position === null) {
      return null;
    }
    return segment.position + segment.rate * (contextTime - segment.from);
  }
}
