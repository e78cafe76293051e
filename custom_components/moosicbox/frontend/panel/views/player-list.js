/** Players one below the other, each with its own card that stays the same as long as the player is there. */
import { el } from "../dom.js";
import { PlayerCard } from "./player-card.js";

/** @typedef {import("./player-card.js").CardOptions} CardOptions */
/** @typedef {import("./player-card.js").CardState} CardState */

export class PlayerList {
  #options;
  /** @type {Map<string, PlayerCard>} */
  #cards = new Map();
  element = el("div", { class: "player-list" });

  /** @param {Omit<CardOptions, "playerId">} options for every card */
  constructor(options) {
    this.#options = options;
  }

  /** @param {CardState[]} states in the order to show */
  render(states) {
    const playerIds = new Set(states.map(({ player }) => player.player_id));
    for (const [playerId, card] of this.#cards) {
      if (!playerIds.has(playerId)) {
        card.element.remove();
        this.#cards.delete(playerId);
      }
    }
    states.forEach((state, index) => {
      const card = this.#card(state.player.player_id);
      card.render(state);
      if (this.element.children[index] !== card.element) {
        this.element.insertBefore(card.element, this.element.children[index] ?? null);
      }
    });
  }

  /** @param {number | null} hubUs */
  tick(hubUs) {
    for (const card of this.#cards.values()) {
      card.tick(hubUs);
    }
  }

  /** @param {string} playerId */
  #card(playerId) {
    const card = this.#cards.get(playerId) ?? new PlayerCard({ ...this.#options, playerId });
    this.#cards.set(playerId, card);
    return card;
  }
}
