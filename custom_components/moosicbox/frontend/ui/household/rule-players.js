/** The choice of the players that a rule limits. Pure. */

/** @import { PlayerInfo, Rule } from "../../client/messages.js" */

/** Stands for all players. No id of a player has this form, and a select without a chosen option has the value "". */
export const ALL_PLAYERS = "*";

/**
 * @param {readonly Pick<PlayerInfo, "player_id" | "name">[] | null} players null until the hub has sent them
 * @param {Pick<Rule, "player_ids"> | null} rule
 * @returns {[string, string][]} id and name; also of players that the rule names and the hub doesn't have
 */
export function playerOptions(players, rule) {
  const known = new Map((players ?? []).map(({ player_id, name }) => [player_id, name]));
  const missing = (rule?.player_ids ?? []).filter((id) => !known.has(id));
  return [...known, ...missing.map((id) => /** @type {[string, string]} */ ([id, id]))];
}

/**
 * @param {Pick<Rule, "player_ids"> | null} rule
 * @returns {string} the option that is chosen at first
 */
export function firstChoice(rule) {
  return rule?.player_ids[0] ?? ALL_PLAYERS;
}

/**
 * @param {Pick<Rule, "player_ids"> | null} rule
 * @param {string} choice
 * @returns {{player_ids?: string[]}} the field to send; a rule keeps its players unless another option is chosen
 */
export function chosenPlayers(rule, choice) {
  if (rule && choice === firstChoice(rule)) {
    return {};
  }
  return { player_ids: choice === ALL_PLAYERS ? [] : [choice] };
}
