/** The players and rooms that a user can choose for a timer or an alarm. */

/** @import { AppState } from "../context.js" */

/** @typedef {{player_id?: string, room_id?: string}} Address */

/**
 * @param {AppState} state
 * @returns {[string, string][]} topic and name
 */
export function places({ players, rooms }) {
  return [
    ...(rooms ?? []).map(({ room_id, name }) => /** @type {[string, string]} */ ([`room:${room_id}`, name])),
    ...(players ?? []).map(({ player_id, name }) => /** @type {[string, string]} */ ([`player:${player_id}`, name])),
  ];
}

/**
 * @param {string} topic
 * @returns {Address} the field that names it in a command
 */
export function addressOf(topic) {
  const id = topic.slice(topic.indexOf(":") + 1);
  return topic.startsWith("room:") ? { room_id: id } : { player_id: id };
}

/**
 * @param {Address} address
 * @returns {string}
 */
export function topicOf({ player_id, room_id }) {
  return room_id === undefined ? `player:${player_id ?? ""}` : `room:${room_id}`;
}

/**
 * @param {AppState} state
 * @param {Address} address
 * @returns {string} the name, or the id if the player or room isn't known
 */
export function nameOf(state, address) {
  const topic = topicOf(address);
  return places(state).find(([each]) => each === topic)?.[1] ?? address.room_id ?? address.player_id ?? "";
}

/**
 * Replace the options of a select, if they differ, and keep the choice.
 * @param {HTMLSelectElement} control
 * @param {[string, string][]} options value and label
 * @param {string} [preferred] chosen if the current choice doesn't exist
 */
export function setOptions(control, options, preferred) {
  const key = JSON.stringify(options);
  if (control.dataset.options === key) {
    return;
  }
  control.dataset.options = key;
  const chosen = control.value;
  control.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  const values = options.map(([value]) => value);
  control.value = values.includes(chosen) ? chosen : (preferred ?? values[0] ?? "");
}
