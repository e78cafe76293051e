/** The content of the card, fetched when a dashboard contains one. */
import { getApp } from "../app/app.js";
import { navigate } from "../app/navigate.js";
import { findTarget } from "../app/target.js";
import { el, setText } from "../ui/dom.js";
import { localizer } from "../ui/localize.js";
import { NowPlaying } from "../ui/now-playing/now-playing.js";
import { QueueView } from "../ui/queue/queue-view.js";
import { Shell } from "../ui/shell/shell.js";
import { deferredStyles } from "../ui/deferred-styles.js";
import { styles } from "../ui/styles.js";
import { topicOf } from "./entities.js";
import { cardStyles } from "./styles.js";

/** @import { AppState } from "../ui/context.js" */
/** @import { Hass } from "./entities.js" */
/** @typedef {{type: string, entity?: string, show_queue?: boolean, show_lyrics?: boolean}} Config */

/**
 * @param {ShadowRoot} root
 * @param {Hass} hass
 * @param {Config} config
 */
export async function cardView(root, hass, config) {
  const app = await getApp();
  const language = hass.locale?.language ?? hass.language ?? "en";
  const localize = await localizer(language);
  await localize.loadDeferred();
  return new CardView({ app, localize, language, root }, hass, config);
}

class CardView {
  #app;
  #config;
  #hass;
  #localize;
  #shell;
  #playing;
  #queue;
  #hint = el("p", { class: "hint card-hint" });
  #removeViewer;
  #view;
  element;

  /**
   * @param {Pick<import("../ui/shell/shell.js").ShellOptions, "app" | "localize" | "language" | "root">} options
   * @param {Hass} hass
   * @param {Config} config
   */
  constructor(options, hass, config) {
    this.#app = options.app;
    this.#localize = options.localize;
    this.#hass = hass;
    this.#config = config;
    options.root.adoptedStyleSheets = [styles, deferredStyles, cardStyles];
    this.#shell = new Shell({
      ...options,
      navigate,
      open: (page) => {
        navigate(`/moosicbox/${page}`);
      },
    });
    this.#playing = new NowPlaying(this.#shell.context, { lyrics: config.show_lyrics ?? false });
    this.#queue = config.show_queue ? new QueueView(this.#shell.context) : null;
    const children = [this.#hint, this.#playing.element, ...(this.#queue ? [this.#queue.element] : [])];
    this.element = this.#shell.element;
    this.#removeViewer = this.#app.addViewer();
    this.#view = {
      element: el("div", { class: this.#queue ? "moosicbox-card with-queue" : "moosicbox-card" }, ...children),
      render: (/** @type {AppState} */ state) => {
        this.#render(state);
      },
      tick: (/** @type {number | null} */ hubUs) => {
        this.#playing.tick(hubUs);
      },
    };
    this.#shell.show(this.#view, []);
  }

  /** @param {Hass} hass */
  set hass(hass) {
    this.#hass = hass;
    this.#shell.render();
  }

  dispose() {
    this.#shell.dispose();
    this.#playing.dispose();
    this.#queue?.dispose();
    this.#removeViewer();
  }

  /** @param {AppState} state */
  #render(state) {
    const { entity } = this.#config;
    const topic = entity ? topicOf(this.#hass, entity) : null;
    if (topic) {
      this.#app.subscribe(topic);
    }
    const target = topic ? findTarget(state, topic) : null;
    // No hint before the hub has sent its players.
    this.#hint.hidden = target !== null || (Boolean(topic) && state.players === null);
    setText(this.#hint, entity ? this.#localize("card_gone", { entity }) : this.#localize("card_missing"));
    this.#playing.render(state, target);
    this.#queue?.render(state, target);
  }
}
