/** The hub's metrics over the last minutes, as points of charts. Pure. */

/**
 * @typedef {object} Sample
 * @property {number} atMs
 * @property {number} connections
 * @property {number} received messages since the hub was started
 * @property {number} sent messages since the hub was started
 * @property {number | null} latencyMs
 */

/** @typedef {{atMs: number, value: number}} Point */

const KEPT_MS = 300_000;
// The shortest span of the time axis: a page that was just opened has only a few samples.
const MIN_SPAN_MS = 20_000;

/**
 * @param {Sample[]} samples
 * @param {Sample} sample
 * @returns {Sample[]}
 */
export function withSample(samples, sample) {
  const last = samples.at(-1);
  // Counters that decrease are those of a restarted hub.
  const kept = last && sample.sent < last.sent ? [] : samples;
  return [...kept.filter(({ atMs }) => sample.atMs - atMs <= KEPT_MS), sample];
}

/**
 * @param {Sample[]} samples
 * @param {"received" | "sent"} counter
 * @returns {Point[]} messages per second between each sample and the next
 */
export function rates(samples, counter) {
  return samples.slice(1).map((sample, index) => {
    const before = /** @type {Sample} */ (samples[index]);
    const seconds = Math.max(0.001, (sample.atMs - before.atMs) / 1000);
    return { atMs: sample.atMs, value: (sample[counter] - before[counter]) / seconds };
  });
}

/**
 * @param {Sample[]} samples
 * @param {"connections" | "latencyMs"} gauge
 * @returns {Point[]}
 */
export function gauges(samples, gauge) {
  return samples.flatMap((sample) => {
    const value = sample[gauge];
    return value === null ? [] : [{ atMs: sample.atMs, value }];
  });
}

/**
 * @param {Point[]} points
 * @param {number} width
 * @param {number} height
 * @returns {{line: string, area: string}} the `d` of SVG paths; the newest point is at the right edge
 */
export function paths(points, width, height) {
  const newest = points.at(-1);
  if (!newest || points.length < 2) {
    return { line: "", area: "" };
  }
  const span = Math.max(MIN_SPAN_MS, newest.atMs - /** @type {Point} */ (points[0]).atMs);
  const top = Math.max(1, ...points.map(({ value }) => value)) * 1.1;
  const at = points.map(({ atMs, value }) => {
    const x = width * (1 - (newest.atMs - atMs) / span);
    return `${x.toFixed(1)},${(height * (1 - value / top)).toFixed(1)}`;
  });
  const [first = ""] = at;
  return { line: `M${at.join("L")}`, area: `M${first.split(",")[0]},${height}L${at.join("L")}L${width},${height}Z` };
}
