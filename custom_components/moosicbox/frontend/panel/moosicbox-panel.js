/** The panel in Home Assistant's sidebar. Home Assistant sets `hass` and `narrow`. */
import { getApp } from "../app/app.js";
import { localizer } from "./localize.js";
import { styles } from "./styles.js";
import { Header } from "./views/header.js";
import { Page } from "./views/page.js";

/** @typedef {{language?: string, locale?: {language: string}}} Hass what the panel needs of it */

class MoosicBoxPanel extends HTMLElement {
  /** @type {Hass | null} */
  #hass = null;
  #narrow = false;
  #language = "";
  /** @type {Header | null} */
  #header = null;
  /** @type {Page | null} */
  #page = null;
  /** @type {import("../app/app.js").App | null} */
  #app = null;
  /** @type {(() => void) | null} */
  #leave = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
  }

  /** @param {Hass} hass */
  set hass(hass) {
    this.#hass = hass;
    this.#render();
  }

  /** @param {boolean} narrow */
  set narrow(narrow) {
    this.#narrow = narrow;
    this.#render();
  }

  async connectedCallback() {
    this.#app = await getApp();
    if (this.isConnected) {
      this.#leave = this.#app.view();
      this.#render();
    }
  }

  disconnectedCallback() {
    this.#leave?.();
    this.#leave = null;
    this.#page?.dispose();
    this.#page = null;
    this.#language = "";
  }

  #render() {
    if (!this.#app || !this.#leave || !this.#hass) {
      return;
    }
    const language = this.#hass.locale?.language ?? this.#hass.language ?? "en";
    if (language !== this.#language) {
      this.#build(this.#app, language);
    }
    this.#header?.render(this.#hass, this.#narrow);
  }

  /**
   * @param {import("../app/app.js").App} app
   * @param {string} language
   */
  #build(app, language) {
    this.#language = language;
    this.lang = language;
    const localize = localizer(language);
    this.#page?.dispose();
    this.#header = new Header(localize);
    this.#page = new Page(app, localize, (path) => navigate(path));
    this.shadowRoot?.replaceChildren(this.#header.element, this.#page.element);
  }
}

/** @param {string} path of a page of Home Assistant, opened without a reload */
function navigate(path) {
  history.pushState(null, "", path);
  dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}

if (!customElements.get("moosicbox-panel")) {
  customElements.define("moosicbox-panel", MoosicBoxPanel);
}
