/** Days and times as text. Pure. */

/** @import { Localize } from "../localize.js" */

/** @typedef {"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun"} Day */

/** @type {Day[]} */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
// Any Monday.
const FIRST_MONDAY = new Date(2024, 0, 1, 12);

/**
 * @param {Day} day
 * @param {string} language
 * @param {"short" | "long"} [weekday]
 */
export function dayName(day, language, weekday = "short") {
  const date = new Date(FIRST_MONDAY);
  date.setDate(date.getDate() + DAYS.indexOf(day));
  return date.toLocaleDateString(language, { weekday });
}

/**
 * @param {readonly Day[]} days
 * @param {Localize} localize
 * @param {string} language
 */
export function daysText(days, localize, language) {
  if (days.length === 0) {
    return localize("alarm_once");
  }
  if (days.length === DAYS.length) {
    return localize("alarm_every_day");
  }
  return DAYS.filter((day) => days.includes(day))
    .map((day) => dayName(day, language))
    .join(" ");
}

/**
 * @param {string} moment in ISO 8601
 * @param {string} language
 */
export function momentText(moment, language) {
  return new Date(moment).toLocaleString(language, { weekday: "short", hour: "2-digit", minute: "2-digit" });
}
