/** Copies text to the clipboard. */

/** @import { Context } from "../context.js" */

/**
 * Copy the value of an input. On pages that were loaded by plain http, browsers offer only the deprecated command for it.
 * @param {Context} context
 * @param {HTMLInputElement} input
 */
export async function copyText({ localize, toast }, input) {
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
  } catch {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way without https
    document.execCommand("copy");
  }
  toast(localize("copied"));
}
