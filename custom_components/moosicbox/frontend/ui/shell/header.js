/** The header, like that of Home Assistant's own pages. */
import { el } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Localize } from "../localize.js" */

const MENU_BUTTON = "ha-menu-button";

export class Header {
  #menu = el("div", { class: "menu" });
  #fallback;

  /**
   * @param {Localize} localize
   * @param {HTMLElement} nav
   * @param {HTMLElement} target
   */
  constructor(localize, nav, target) {
    this.#fallback = el(
      "button",
      {
        class: "icon",
        attributes: { type: "button", "aria-label": localize("menu") },
        on: {
          click: ({ target: button }) => {
            button?.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }));
          },
        },
      },
      icon("menu"),
    );
    this.element = el("header", {}, this.#menu, el("h1", { text: localize("title") }), nav, target);
  }

  /**
   * @param {unknown} hass
   * @param {boolean} narrow
   */
  render(hass, narrow) {
    // Home Assistant loads its own menu button with its other pages. If this page is the first one, ours takes its place.
    if (customElements.get(MENU_BUTTON)) {
      const button = this.#menu.querySelector(MENU_BUTTON) ?? document.createElement(MENU_BUTTON);
      Object.assign(button, { hass, narrow });
      if (!button.isConnected) {
        this.#menu.replaceChildren(button);
      }
    } else {
      this.#menu.replaceChildren(...(narrow ? [this.#fallback] : []));
    }
  }
}
