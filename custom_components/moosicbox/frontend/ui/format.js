/** Formats numbers, times and names for display. */

/** @param {string} name */
export const initialOf = (name) => Array.from(name.trim())[0]?.toUpperCase() ?? "?";

/**
 * @param {number} seconds
 * @returns {string} `3:07`, `1:02:45`
 */
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * @param {string} at ISO 8601
 * @param {string} language
 * @returns {string} the time of day
 */
export function formatClock(at, language) {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

/**
 * @param {string} at ISO 8601
 * @param {string} language
 * @returns {string} the day
 */
export function formatDay(at, language) {
  return new Date(at).toLocaleDateString(language, { dateStyle: "medium" });
}

/**
 * @param {string} at ISO 8601
 * @param {string} language
 * @returns {string} day and time
 */
export function formatDate(at, language) {
  return new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}
