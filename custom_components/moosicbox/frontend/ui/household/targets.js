/** The players and rooms that a user can choose in a dialog. */

/** @import { PlayerInfo } from "../../client/messages.js" */
/** @import { AppState } from "../context.js" */

/** @typedef {{player_id?: string, room_id?: string}} ContextIds the fields that name a player or room in a command */

/**
 * @param {AppState} state
 * @returns {[string, string][]} topic and name
 */
export function targets({ players, rooms }) {
  return [
    ...(rooms ?? []).map(({ room_id, name }) => /** @type {[string, string]} */ ([`room:${room_id}`, name])),
    ...(players ?? []).map(({ player_id, name }) => /** @type {[string, string]} */ ([`player:${player_id}`, name])),
  ];
}

/**
 * @param {string} topic
 * @returns {ContextIds} the field that names it in a command
 */
export function contextIdsOf(topic) {
  const id = topic.slice(topic.indexOf(":") + 1);
  return topic.startsWith("room:") ? { room_id: id } : { player_id: id };
}

/**
 * @param {ContextIds} contextIds
 * @returns {string}
 */
export function topicOf({ player_id, room_id }) {
  return room_id === undefined ? `player:${player_id ?? ""}` : `room:${room_id}`;
}

/**
 * @param {AppState} state
 * @param {ContextIds} contextIds
 * @returns {string} the name, or the id if the player or room isn't known
 */
export function nameOf(state, contextIds) {
  const topic = topicOf(contextIds);
  return targets(state).find(([each]) => each === topic)?.[1] ?? contextIds.room_id ?? contextIds.player_id ?? "";
}

/**
 * @param {AppState} state
 * @param {ContextIds} contextIds of a player or room that the page may not know
 * @returns {[string, string][]} topic and name of all of them, with that one
 */
export function targetsWith(state, contextIds) {
  const topic = topicOf(contextIds);
  const known = targets(state);
  return known.some(([each]) => each === topic) ? known : [...known, [topic, nameOf(state, contextIds)]];
}

/**
 * @param {readonly Pick<PlayerInfo, "player_id" | "name">[] | null} players null until the hub has sent them
 * @param {readonly string[]} chosen ids of players; the hub may have removed some
 * @returns {[string, string][]} id and name; the id alone of a chosen player that the hub doesn't have
 */
export function playerOptions(players, chosen) {
  const known = new Map((players ?? []).map(({ player_id, name }) => [player_id, name]));
  const missing = chosen.filter((id) => !known.has(id));
  return [...known, ...missing.map((id) => /** @type {[string, string]} */ ([id, id]))];
}

/**
 * Replace the options of a select, if they differ, and keep the choice.
 * @param {HTMLSelectElement} control
 * @param {[string, string][]} options value and label
 * @param {string} [preferred] chosen if the current choice doesn't exist; the first option if this one doesn't exist either
 */
export function setOptions(control, options, preferred) {
  const key = JSON.stringify(options);
  if (control.dataset.options === key) {
    return;
  }
  control.dataset.options = key;
  const wanted = [control.value, preferred];
  control.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
  control.value = firstOf(options, wanted);
}

/**
 * @param {readonly [string, string][]} options value and label
 * @param {readonly (string | undefined)[]} wanted values, the most wanted one first
 * @returns {string} the first of them that is an option, else the first option; empty if there are none
 */
export function firstOf(options, wanted) {
  const values = options.map(([value]) => value);
  return wanted.find((value) => value !== undefined && values.includes(value)) ?? values[0] ?? "";
}
