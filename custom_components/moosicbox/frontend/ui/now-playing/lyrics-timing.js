/** The line of synchronised lyrics at a position. Pure. */

/** @typedef {{text: string, seconds?: number}} LyricsLine */

/**
 * @param {readonly LyricsLine[]} lines in the order of their times
 * @param {number} position in seconds
 * @returns {number} index of the line that is sung at the position; -1 before the first one
 */
export function lineAt(lines, position) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.seconds ?? 0) <= position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

/**
 * @param {readonly LyricsLine[]} lines
 * @param {number} position in seconds
 * @param {number} rate seconds of the track in a second
 * @returns {number | null} milliseconds until the next line; null if there is none, or nothing plays
 */
export function untilNext(lines, position, rate) {
  const next = lines[lineAt(lines, position) + 1]?.seconds;
  return next === undefined || rate <= 0 ? null : ((next - position) / rate) * 1000;
}
