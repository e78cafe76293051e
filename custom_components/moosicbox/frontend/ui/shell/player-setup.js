/** The form that makes this browser a player. It is the first thing that a new user sees. */
import { describeBrowser } from "../../player/identity.js";
import { loadOrTell } from "../components/lazy-view.js";
import { el, setText } from "../dom.js";
import { icon } from "../icons.js";
import { AreaChoice } from "./area-choice.js";

/** @import { AppState, Context, Target } from "../context.js" */
/** @import { Localize } from "../localize.js" */

const MAX_NAME = 100;

export class PlayerSetup {
  #guest;
  #localize;
  /** @type {import("../localize.js").TextKey} */
  #action;
  #name = el("input", {
    attributes: { id: "player-name", type: "text", maxlength: String(MAX_NAME), required: "", autocomplete: "off" },
  });
  #area;
  #button = el("button", { class: "main", attributes: { type: "submit" } });
  element;

  /** @param {Context} context */
  constructor(context) {
    const { app, guest, localize } = context;
    this.#guest = guest;
    this.#localize = localize;
    this.#action = guest ? "guest_listen" : "setup_button";
    const name = app.store.state.device.name ?? app.access.clientName ?? defaultName(localize);
    this.#name.value = name;
    this.#area = new AreaChoice(context);
    this.element = el(
      "form",
      {
        class: "card setup",
        on: {
          submit: (event) => {
            event.preventDefault();
            void startPlayer(context, this.#name.value.trim() || name);
            void this.#area.apply();
          },
        },
      },
      el("div", { class: "emblem" }, icon("speaker")),
      el("h2", { text: localize(guest ? "guest_listen" : "setup_title") }),
      el("p", { text: localize(guest ? "guest_listen_text" : "setup_text") }),
      // A guest's player has the guest's name.
      ...(guest ? [] : [el("label", { text: localize("setup_name"), attributes: { for: "player-name" } }), this.#name]),
      this.#area.element,
      this.#button,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    const { device } = state;
    this.#area.render(state);
    // The button must not move under a finger.
    const pending = this.#area.isPending || isPending(state, target, this.#guest);
    this.element.hidden = pending || (device.status !== "off" && device.status !== "starting");
    this.#button.disabled = device.status === "starting";
    setText(this.#button, this.#localize(device.status === "starting" ? "setup_starting" : this.#action));
  }
}

/**
 * @param {AppState} state
 * @param {Target | null} target
 * @param {boolean} guest
 * @returns {boolean} true while the hub is still to send what the page shows above the form
 */
function isPending({ connection, me, players }, target, guest) {
  const { phase, closeCode } = connection;
  const isConnecting = phase === "connecting" || (phase === "stopped" && closeCode === null);
  const isListening = phase === "ready" && me?.permissions.includes("listen") === true;
  // Guests have a room, but see no players outside of it.
  const isKnown = guest ? target !== null : players !== null;
  return (isConnecting || isListening) && (!isKnown || (target !== null && !target.status));
}

/**
 * Make this browser a player, and tell the user if the player's code can't be fetched.
 * @param {Context} context
 * @param {string} name
 */
export async function startPlayer(context, name) {
  await loadOrTell(context, () => context.app.enablePlayer(name));
}

/** @param {Localize} localize */
export function defaultName(localize) {
  const { browser, platform } = describeBrowser(navigator.userAgent);
  const name = browser ?? localize("default_browser");
  return platform ? localize("default_name", { browser: name, platform }) : name;
}
