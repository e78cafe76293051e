/** Texts in the user's language, and errors in words. */
import { ConnectionLostError, HubError, RequestTimeoutError } from "../client/index.js";
import en from "./strings/en-initial.js";

/** @typedef {typeof en & typeof import("./strings/en-deferred.js").default} Texts */
/** @typedef {keyof Texts} TextKey */
/** @typedef {{(key: TextKey, values?: Record<string, string>): string, loadDeferred: () => Promise<void>}} Localize */

/** @typedef {{default: Partial<Texts>}} Strings */

/** @type {Record<string, {first: () => Promise<Strings>, more: () => Promise<Strings>}>} */
const LANGUAGES = {
  en: { first: async () => ({ default: en }), more: () => import("./strings/en-deferred.js") },
  de: { first: () => import("./strings/de-initial.js"), more: () => import("./strings/de-deferred.js") },
};

/**
 * @param {string} language as Home Assistant names it, e.g. `de` or `en-GB`
 * @returns {Promise<Localize>}
 */
export async function localizer(language) {
  const { first, more } =
    LANGUAGES[language.split("-")[0] ?? ""] ?? /** @type {typeof LANGUAGES["en"]} */ (LANGUAGES.en);
  /** @type {Partial<Texts>} English where there is no other, or it can't be fetched */
  const texts = { ...en, ...(await first().catch(() => undefined))?.default };
  /** @type {Promise<void> | undefined} */
  let whole;
  /** @type {Localize} */
  // What a newer hub names and this page doesn't know is said in no words.
  const localize = (key, values = {}) => (texts[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  localize.loadDeferred = () => {
    whole ??= more().then(
      (strings) => void Object.assign(texts, strings.default),
      (error) => {
        // Not for good: with the next part it is tried again.
        whole = undefined;
        throw error;
      },
    );
    return whole;
  };
  return localize;
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
