/** Calls of Home Assistant's own API, for what the hub's protocol doesn't offer. */

/** @import { Context } from "../context.js" */

/**
 * Call an action of the domain `moosicbox`.
 * @param {Context} context
 * @param {string} service
 * @param {object} service_data
 * @param {boolean} [return_response]
 * @returns {Promise<unknown>} the response; undefined if the call failed, which a toast reports
 */
export async function callAction(context, service, service_data, return_response = false) {
  const answer = await callHomeAssistant(context, {
    type: "call_service",
    domain: "moosicbox",
    service,
    service_data,
    ...(return_response ? { return_response } : {}),
  });
  const result = /** @type {{response?: unknown} | undefined} */ (answer);
  return result && (result.response ?? {});
}

/**
 * @param {Context} context
 * @param {object} message
 * @param {{quiet?: boolean}} [options] `quiet`: no toast reports a failure
 * @returns {Promise<unknown>} undefined if the call failed
 */
export async function callHomeAssistant({ app, localize, toast }, message, { quiet = false } = {}) {
  try {
    return await app.access.callHomeAssistant?.(message);
  } catch (error) {
    if (!quiet) {
      const { message: text } = /** @type {{message?: string}} */ (error);
      toast(localize("error_other", { message: text ?? String(error) }));
    }
    return undefined;
  }
}
