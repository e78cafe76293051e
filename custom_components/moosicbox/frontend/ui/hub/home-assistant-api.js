/** Home Assistant's side of the hub: its actions and its own questions. */

/** @import { Context } from "../context.js" */

/**
 * @param {Context} context
 * @param {string} service of the domain `moosicbox`
 * @param {object} service_data
 * @param {boolean} [return_response]
 * @returns {Promise<any>} the response, or undefined if it did not work, which the user was told
 */
export async function callAction(context, service, service_data, return_response = false) {
  const answer = await callHomeAssistant(context, {
    type: "call_service",
    domain: "moosicbox",
    service,
    service_data,
    ...(return_response ? { return_response } : {}),
  });
  return answer && (answer.response ?? {});
}

/**
 * @param {Context} context
 * @param {object} message
 * @param {{quiet?: boolean}} [options] quiet: nobody asked for it right now
 * @returns {Promise<any>}
 */
export async function callHomeAssistant({ app, localize, toast }, message, { quiet = false } = {}) {
  try {
    return await app.access.ask?.(message);
  } catch (error) {
    if (!quiet) {
      const { message: text } = /** @type {{message?: string}} */ (error);
      toast(localize("error_other", { message: text ?? String(error) }));
    }
    return undefined;
  }
}
