/** The expected position of playback. Pure. */

/**
 * At hub time `hubUs` the position is `position`; from there it moves with `rate`.
 * @typedef {{position: number, hubUs: number, rate: number}} Timeline
 */

/**
 * @param {Timeline} timeline
 * @param {number} at hub time, µs
 * @returns {number} seconds
 */
export function positionAt({ position, hubUs, rate }, at) {
  return position + (rate * Math.max(0, at - hubUs)) / 1e6;
}
