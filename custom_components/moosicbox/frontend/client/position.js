/** The position of playback, by the hub's clock. Pure. */

/**
 * Calculate the position from that at the anchor, and the time since.
 * @param {{position_seconds: number, rate: number, anchor_us: number}} status `playback_status` of a player or room
 * @param {number | null} hubUs the hub's clock, if it is known
 * @returns {number} the position in seconds; it may be behind the end
 */
export function positionOf({ position_seconds, rate, anchor_us }, hubUs) {
  return position_seconds + (hubUs === null ? 0 : (rate * Math.max(0, hubUs - anchor_us)) / 1e6);
}
