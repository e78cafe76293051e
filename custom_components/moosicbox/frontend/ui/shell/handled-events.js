/** Lets only one shell handle an event: a dashboard has a shell for each card, and all of them receive it. */

/** @type {WeakSet<object>} */
const handled = new WeakSet();

/**
 * @param {object} event a message of the hub or an error, the same object for all shells
 * @returns {boolean} true for the first shell that calls this for the event, which has to handle it
 */
export function isFirstToHandle(event) {
  if (handled.has(event)) {
    return false;
  }
  handled.add(event);
  return true;
}
