/** Texts in the user's language, and errors in words. */
import { ConnectionLostError, HubError, RequestTimeoutError } from "../client/index.js";
import en from "./strings/en.js";

/** @typedef {keyof typeof en} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string>) => string} Localize */

/** @type {Record<string, () => Promise<{default: typeof en}>>} */
const LANGUAGES = { de: () => import("./strings/de.js") };

/**
 * @param {string} language as Home Assistant names it, e.g. `de` or `en-GB`
 * @returns {Promise<Localize>}
 */
export async function localizer(language) {
  const load = LANGUAGES[language.split("-")[0] ?? ""];
  // English where there is no other, or it can't be fetched.
  const texts = (await load?.().catch(() => undefined))?.default ?? en;
  // What a newer hub names and this page doesn't know is said in no words.
  return (key, values = {}) => (texts[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/**
 * @param {Localize} localize
 * @param {unknown} error
 * @returns {string} what happened, and what helps
 */
export function errorText(localize, error) {
  if (error instanceof ConnectionLostError) {
    return localize("error_connection");
  }
  if (error instanceof RequestTimeoutError) {
    return localize("error_timeout");
  }
  const key = error instanceof HubError ? `error_${error.errorType}` : "";
  return Object.hasOwn(en, key)
    ? localize(/** @type {TextKey} */ (key))
    : localize("error_other", { message: error instanceof Error ? error.message : String(error) });
}
