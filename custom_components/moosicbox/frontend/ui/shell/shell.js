/** The page as a whole: notices, one of our pages, what plays. Rendered from the state. */
import { Actions } from "../../app/actions.js";
import { targetOf } from "../../app/target.js";
import { Notice } from "../components/notice.js";
import { Toast } from "../components/toast.js";
import { el } from "../dom.js";
import { errorText } from "../localize.js";
import { connectionNotice, deviceNotice } from "../notices.js";
import { tell } from "../told.js";
import { defaultName } from "./setup.js";

/** @typedef {import("../context.js").App} App */
/** @typedef {import("../context.js").AppState} AppState */
/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("../context.js").PageName} PageName */
/** @typedef {import("../context.js").View} View */
/** @typedef {import("../localize.js").Localize} Localize */

/**
 * @typedef {object} ShellOptions
 * @property {App} app
 * @property {Localize} localize
 * @property {string} language
 * @property {ShadowRoot} root whose styles the parts may add to
 * @property {boolean} [guest]
 * @property {(path: string) => void} [navigate] to a page of Home Assistant
 * @property {(page: PageName) => void} [open]
 */

/** How often what moves by itself is drawn: times are in seconds, and a slider moves a pixel in several of them. */
const TICK_MS = 200;

export class Shell {
  #app;
  #localize;
  #connectionNotice = new Notice();
  #deviceNotice = new Notice();
  #toast = new Toast();
  /** @type {View[]} */
  #views = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #frame = 0;
  #undo;
  #main = el("main");
  #notices;
  /** @type {Context} */
  context;
  element;

  /** @param {ShellOptions} options */
  constructor({ app, localize, language, root, guest = false, navigate = () => undefined, open = () => undefined }) {
    this.#app = app;
    this.#localize = localize;
    /** @type {import("../../app/actions.js").Request} */
    const request = (message, request) => app.request(message, request);
    this.context = {
      app,
      localize,
      language,
      guest,
      navigate,
      open,
      actions: new Actions(request, app.store, (error) => this.#toast.show(errorText(localize, error))),
      toast: (text, action) => this.#toast.show(text, action),
      mount: (dialog) => this.element.append(dialog),
      style: (...sheets) => {
        root.adoptedStyleSheets = [...new Set([...root.adoptedStyleSheets, ...sheets])];
      },
    };
    this.#notices = el("div", { class: "notices" }, this.#connectionNotice.element, this.#deviceNotice.element);
    this.element = el("div", { class: "shell" }, this.#notices, this.#main, this.#toast.element);
    this.#undo = [
      app.store.subscribe(() => this.render()),
      app.heard.on("message", (message) => tell(message, this.context)),
    ];
    this.#animate();
  }

  /**
   * @param {View} page
   * @param {View[]} others around it
   */
  show(page, others) {
    this.#views = [page, ...others];
    if (this.#main.firstElementChild !== page.element) {
      this.#main.replaceChildren(page.element);
    }
    this.render();
  }

  dispose() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#undo.forEach((undo) => undo());
    this.#toast.dispose();
  }

  render() {
    const { state } = this.#app.store;
    const remedies = {
      retry: () => this.#app.retry(),
      reload: () => location.reload(),
      playHere: () => void this.#app.becomePlayer(state.device.name ?? defaultName(this.#localize)),
    };
    // Guests are told at the door why it is over.
    const told = this.context.guest && state.connection.phase === "stopped";
    this.#connectionNotice.render(told ? null : connectionNotice(state.connection, this.#localize, remedies));
    this.#deviceNotice.render(deviceNotice(state.device, this.#localize, remedies));
    const target = targetOf(state);
    for (const view of this.#views) {
      view.render(state, target);
    }
    this.#tick();
  }

  #animate() {
    this.#tick();
    this.#timer = setTimeout(() => {
      // A page that is hidden has no frames.
      this.#frame = requestAnimationFrame(() => this.#animate());
    }, TICK_MS);
  }

  #tick() {
    const hubUs = this.#app.hasTime ? this.#app.hubUs : null;
    for (const view of this.#views) {
      view.tick?.(hubUs);
    }
  }
}
