/** The choice of the players that a rule limits. Pure. */

/** @import { Rule } from "../../client/messages.js" */

/** Stands for all players. No id of a player has this form, and a select without a chosen option has the value "". */
export const ALL_PLAYERS = "*";

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
