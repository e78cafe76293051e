/** A player with what it plays, and its controls: large for this device, compact for the others. */
import { el, setAttribute, setText } from "../dom.js";
import { icon, setIcon } from "../icons.js";
import { Progress } from "./progress.js";
import { Volume } from "./volume.js";

/** @typedef {import("../../client/types.js").PlaybackStatus} PlaybackStatus */
/** @typedef {import("../../client/types.js").PlayerInfo} PlayerInfo */
/** @typedef {import("../actions.js").Actions} Actions */
/** @typedef {import("../actions.js").Command} Command */
/** @typedef {import("../localize.js").Localize} Localize */

/**
 * @typedef {object} CardState
 * @property {PlayerInfo} player
 * @property {PlaybackStatus | undefined} status
 * @property {boolean} connected whether commands reach the hub
 */

/**
 * @typedef {object} CardOptions
 * @property {string} playerId
 * @property {boolean} compact
 * @property {string} baseUrl what relative addresses are relative to
 * @property {Actions} actions
 * @property {Localize} localize
 */

export class PlayerCard {
  #options;
  #name = el("h2", { class: "player-name" });
  #image = el("img", { attributes: { alt: "", referrerpolicy: "no-referrer" } });
  #artwork = el("div", { class: "artwork", attributes: { "data-missing": "" } }, icon("note"), this.#image);
  #title = el("div", { class: "title" });
  #subtitle = el("div", { class: "subtitle" });
  #playIcon = icon("play");
  #play;
  #buttons;
  #progress;
  #volume;
  #playing = false;

  /** @param {CardOptions} options */
  constructor(options) {
    this.#options = options;
    const { playerId, actions, localize, compact } = options;
    this.#play = this.#button(this.#playIcon, "play", () => (this.#playing ? "pause" : "play"));
    this.#play.classList.add("primary");
    this.#buttons = [
      this.#button(icon("previous"), "previous", () => "previous"),
      this.#play,
      this.#button(icon("next"), "next", () => "next"),
      this.#button(icon("stop"), "stop", () => "stop"),
    ];
    this.#progress = new Progress((seconds) => actions.seek(playerId, seconds), localize);
    this.#volume = new Volume(playerId, actions, localize);
    this.#image.addEventListener("error", () => setAttribute(this.#artwork, "data-missing", ""));
    const words = el("div", { class: "words" }, this.#name, this.#title, this.#subtitle);
    const controls = el("div", { class: "controls" }, ...this.#buttons);
    this.element = el(
      "section",
      { class: compact ? "card player compact" : "card player" },
      this.#artwork,
      el("div", { class: "body" }, words, this.#progress.element, controls, this.#volume.element),
    );
  }

  /** @param {CardState} state */
  render({ player, status, connected }) {
    const { localize } = this.#options;
    const track = status?.current_track;
    const usable = connected && player.available;
    this.#playing = status?.state === "playing" || status?.state === "buffering";
    setAttribute(this.element, "aria-label", localize("controls_of", { name: player.name }));
    this.element.classList.toggle("unavailable", !player.available);
    setText(this.#name, player.name);
    const shown = player.available ? track : null;
    setText(this.#title, shown ? shown.title || localize("unknown_title") : this.#idleText(player, status));
    setText(this.#subtitle, shown ? subtitle(shown) : "");
    this.#showArtwork(shown?.artwork_url ?? null);
    setIcon(this.#playIcon, this.#playing ? "pause" : "play");
    setAttribute(this.#play, "aria-label", localize(this.#playing ? "pause" : "play"));
    setAttribute(this.#play, "aria-busy", status?.state === "buffering" ? "true" : null);
    const empty = !track && !status?.queue_length;
    for (const button of this.#buttons) {
      button.disabled = !usable || empty;
    }
    this.#progress.render(status, !usable || !can(player, "seek"));
    this.#volume.render(status, !usable || !can(player, "volume"));
  }

  /** @param {number | null} hubUs the hub's clock now, if it is known */
  tick(hubUs) {
    this.#progress.tick(hubUs);
  }

  /**
   * @param {SVGSVGElement} picture
   * @param {Command} label
   * @param {() => Command} command
   * @returns {HTMLButtonElement}
   */
  #button(picture, label, command) {
    const { playerId, actions, localize } = this.#options;
    return el(
      "button",
      {
        class: "icon",
        attributes: { type: "button", "aria-label": localize(label) },
        on: { click: () => void actions.playback(playerId, command()) },
      },
      picture,
    );
  }

  /**
   * @param {PlayerInfo} player
   * @param {PlaybackStatus | undefined} status
   */
  #idleText(player, status) {
    const { localize } = this.#options;
    if (!player.available) {
      return localize("state_unavailable");
    }
    return localize(status?.state === "buffering" ? "state_buffering" : "nothing_plays");
  }

  /** @param {string | null} address */
  #showArtwork(address) {
    const url = address ? new URL(address, this.#options.baseUrl).href : null;
    if (this.#image.getAttribute("src") !== url) {
      setAttribute(this.#image, "src", url);
      setAttribute(this.#artwork, "data-missing", url ? null : "");
    }
  }
}

/** @param {import("../../client/types.js").Track} track */
function subtitle({ artist, album }) {
  return [artist, album].filter(Boolean).join(" · ");
}

/**
 * @param {PlayerInfo} player
 * @param {string} capability
 */
function can(player, capability) {
  return player.capabilities?.includes(capability) ?? true;
}
