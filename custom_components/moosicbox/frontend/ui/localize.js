/** Texts in the user's language, and errors as text. */
import { ConnectionLostError, HubError, RequestTimeoutError } from "../client/index.js";
import en from "./strings/en-initial.js";

/** @typedef {typeof en & typeof import("./strings/en-deferred.js").default} Texts */
/** @typedef {keyof Texts} TextKey */
/** @typedef {(key: TextKey, values?: Record<string, string>) => string} Translate */

/**
 * `loadDeferred` fetches the texts that the first view does not need. `optional` returns null for an unknown key.
 * @typedef {Translate & {loadDeferred: () => Promise<void>, optional: (key: string) => string | null}} Localize
 */

/** @typedef {{default: Partial<Texts>}} Strings */
/** @typedef {{initial: () => Promise<Strings>, deferred: () => Promise<Strings>}} Language */

/** @type {Language} */
const ENGLISH = { initial: () => Promise.resolve({ default: en }), deferred: () => import("./strings/en-deferred.js") };
/** @type {Record<string, Language>} */
const OTHER_LANGUAGES = {
  de: { initial: () => import("./strings/de-initial.js"), deferred: () => import("./strings/de-deferred.js") },
};

/**
 * @param {string} language as Home Assistant names it, such as `de` or `en-GB`; English if there are no texts in it
 * @returns {Promise<Localize>}
 */
export async function localizer(language) {
  const { initial, deferred } = OTHER_LANGUAGES[language.split("-")[0] ?? ""] ?? ENGLISH;
  // If the language can't be fetched, the page is in English.
  /** @type {Partial<Texts>} */
  const texts = { ...en, ...(await initial().catch(() => undefined))?.default };
  /** @type {Promise<void> | undefined} */
  let loading;
  const translate = (/** @type {TextKey} */ key, /** @type {Record<string, string>} */ values = {}) =>
    (texts[key] ?? "").replace(/\{(\w+)\}/g, (_, /** @type {string} */ name) => values[name] ?? "");
  const loadDeferred = () => {
    loading ??= deferred().then(
      (strings) => void Object.assign(texts, strings.default),
      (/** @type {unknown} */ error) => {
        // The next call tries again.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  const optional = (/** @type {string} */ key) =>
    Object.hasOwn(texts, key) ? translate(/** @type {TextKey} */ (key)) : null;
  return Object.assign(translate, { loadDeferred, optional });
}

/**
 * @param {Localize} localize
 * @param {unknown} error
 * @returns {string} the reason, and what the user can do
 */
export function errorText(localize, error) {
  if (error instanceof ConnectionLostError) {
    return localize("error_connection");
  }
  if (error instanceof RequestTimeoutError) {
    return localize("error_timeout");
  }
  const known = error instanceof HubError ? localize.optional(`error_${error.errorType}`) : null;
  return known ?? localize("error_other", { message: error instanceof Error ? error.message : String(error) });
}
