/** Functions of arrays of numbers. Pure. */

// More values don't make a median more exact.
const MEDIAN_SAMPLES = 10_000;

/**
 * @param {ArrayLike<number>} array
 * @param {number} index
 * @returns {number} 0 outside of the array
 */
export function at(array, index) {
  return array[index] ?? 0;
}

/**
 * @param {Float64Array} values
 * @param {{from: number, to: number}} [range] of indices, the last one excluded
 * @returns {number} the index of the highest value
 */
export function highest(values, { from, to } = { from: 0, to: values.length }) {
  let best = from;
  for (let index = from + 1; index < Math.min(values.length, to); index += 1) {
    if (at(values, index) > at(values, best)) {
      best = index;
    }
  }
  return best;
}

/**
 * @param {Float64Array} values
 * @returns {number}
 */
export function median(values) {
  const stride = Math.max(1, Math.floor(values.length / MEDIAN_SAMPLES));
  const some = Float64Array.from({ length: Math.floor(values.length / stride) }, (_, index) =>
    at(values, index * stride),
  ).sort();
  return at(some, some.length >> 1);
}

/**
 * @param {Float64Array} values 0 or more
 * @param {number} reach
 * @returns {Float64Array} the highest value within `reach` of each
 */
export function slidingMaximum(values, reach) {
  // Each window is the end of one block and the beginning of the next.
  const width = 2 * reach + 1;
  const { length } = values;
  const fromStart = values.slice();
  const toEnd = values.slice();
  for (let index = 1; index < length; index += 1) {
    if (index % width !== 0) {
      fromStart[index] = Math.max(at(values, index), at(fromStart, index - 1));
    }
    const mirrored = length - 1 - index;
    if ((mirrored + 1) % width !== 0) {
      toEnd[mirrored] = Math.max(at(values, mirrored), at(toEnd, mirrored + 1));
    }
  }
  return values.map((_, index) =>
    Math.max(at(toEnd, Math.max(0, index - reach)), at(fromStart, Math.min(length - 1, index + reach))),
  );
}
