/** Known places in a file: pairs of a position and a byte offset, and the search between them. */

/** @typedef {{at: number, offset: number}} Place `at`: a sample or frame number */

/** A sorted list of places, none nearer to each other than a distance. */
export class Places {
  /** @type {Place[]} */
  #places = [];
  #distance;

  /** @param {number} distance in the unit of the positions */
  constructor(distance) {
    this.#distance = distance;
  }

  /**
   * @param {number} at
   * @param {number} offset
   */
  add(at, offset) {
    const index = this.#indexAfter(at);
    const [before, after] = [this.#places[index - 1], this.#places[index]];
    if ((before && at - before.at < this.#distance) || (after && after.at - at < this.#distance)) {
      return;
    }
    this.#places.splice(index, 0, { at, offset });
  }

  /**
   * @param {number} at
   * @returns {Place | null} the last place not after it
   */
  before(at) {
    return this.#places[this.#indexAfter(at) - 1] ?? null;
  }

  /**
   * @param {number} at
   * @returns {Place | null} the first place after it
   */
  after(at) {
    return this.#places[this.#indexAfter(at)] ?? null;
  }

  /** @param {number} at */
  #indexAfter(at) {
    const index = this.#places.findLastIndex((place) => place.at <= at);
    return index + 1;
  }
}

/**
 * @param {Place} low
 * @param {Place} high
 * @param {number} at
 * @returns {number} the estimated offset of a position between two places
 */
export function interpolated(low, high, at) {
  const share = high.at > low.at ? (at - low.at) / (high.at - low.at) : 0;
  return low.offset + Math.floor(Math.max(0, Math.min(1, share)) * (high.offset - low.offset));
}

/** A search aims this much before its target, because offsets are estimated from the mean bit rate. */
const MARGIN_SECONDS = 1;
/** The distance from the target at which reading on is faster than another request. */
export const READ_ON_SECONDS = 6;
const MAX_TRIES = 6;

/**
 * Find a place shortly before a position, by jumps to estimated offsets.
 * @param {object} options
 * @param {Place} options.low the known place before the target
 * @param {Place | null} options.high the known place behind it; null if there is none
 * @param {number} options.target position
 * @param {number} options.rate positions a second
 * @param {(offset: number, low: Place, high: Place) => Promise<Place | null>} options.land returns the first place found
 *   from an offset on; null if there is none
 * @returns {Promise<Place>}
 */
export async function searchPlace({ low, high, target, rate, land }) {
  for (let tries = 0; tries < MAX_TRIES && high && target - low.at > READ_ON_SECONDS * rate; tries += 1) {
    const aim = Math.max(low.at, target - MARGIN_SECONDS * rate * 2 ** tries);
    const found = await land(interpolated(low, high, aim), low, high);
    if (!found) {
      break;
    }
    if (found.at > target) {
      high = found;
    } else {
      low = found;
    }
  }
  return low;
}
