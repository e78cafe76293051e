/**
 * The dashboard card `moosicbox-card`. This module is loaded on every page of Home Assistant, so it contains only the element;
 * its content is fetched when a dashboard contains a card.
 */
import { cardString } from "./strings.js";

/** @import { Config } from "./card-view.js" */
/** @import { Hass } from "./entities.js" */

const TAG = "moosicbox-card";
const ROWS = 5;
const QUEUE_ROWS = 11;

class MoosicBoxCard extends HTMLElement {
  /** @type {Hass | null} */
  #hass = null;
  /** @type {Config | null} */
  #config = null;
  /** @type {Awaited<ReturnType<typeof import("./card-view.js").cardView>> | null} */
  #view = null;
  #buildCount = 0;
  // Home Assistant's own card element, which its themes style.
  #card = document.createElement("ha-card");

  static getConfigForm() {
    return {
      schema: [
        {
          name: "entity",
          required: true,
          selector: { entity: { filter: { integration: "moosicbox", domain: "media_player" } } },
        },
        { name: "show_queue", selector: { boolean: {} } },
        { name: "show_lyrics", selector: { boolean: {} } },
      ],
      computeLabel: (/** @type {{name: "entity" | "show_queue" | "show_lyrics"}} */ { name }) => cardString(name),
    };
  }

  /** @param {Hass} hass */
  static async getStubConfig(hass) {
    const { topicOf } = await import("./entities.js");
    const entity = Object.keys(hass.states).find((entityId) => topicOf(hass, entityId) !== null);
    return { entity: entity ?? "", show_queue: false };
  }

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).append(this.#card);
  }

  /** @param {Config} config */
  setConfig(config) {
    this.#config = config;
    void this.#build();
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const first = this.#hass === null;
    this.#hass = hass;
    if (this.#view) {
      this.#view.hass = hass;
    } else if (first) {
      void this.#build();
    }
  }

  getCardSize() {
    return this.#config?.show_queue ? QUEUE_ROWS : ROWS;
  }

  getGridOptions() {
    return this.#config?.show_queue
      ? { columns: 12, min_columns: 9, rows: QUEUE_ROWS, min_rows: 10 }
      : { columns: 12, min_columns: 6, min_rows: 3 };
  }

  connectedCallback() {
    void this.#build();
  }

  disconnectedCallback() {
    this.#tearDown();
  }

  async #build() {
    const build = ++this.#buildCount;
    if (!this.isConnected || !this.#hass || !this.#config || !this.shadowRoot) {
      return;
    }
    const { cardView } = await import("./card-view.js");
    const view = await cardView(this.shadowRoot, this.#hass, this.#config);
    if (build !== this.#buildCount) {
      view.dispose();
      return;
    }
    this.#view?.dispose();
    this.#view = view;
    this.#card.replaceChildren(view.element);
  }

  #tearDown() {
    this.#buildCount += 1;
    this.#view?.dispose();
    this.#view = null;
  }
}

/** Register the card with Home Assistant and its card picker. */
export function registerCard() {
  if (customElements.get(TAG)) {
    return;
  }
  customElements.define(TAG, MoosicBoxCard);
  const page = /** @type {{customCards?: object[]}} */ (/** @type {unknown} */ (window));
  (page.customCards ??= []).push({
    type: TAG,
    name: "MoosicBox",
    description: cardString("description"),
    preview: true,
  });
}
