/** The frame of all pages: notices, the current page and toasts, rendered from the state. */
import { Actions } from "../../app/actions.js";
import { targetOf } from "../../app/target.js";
import { Notice } from "../components/notice.js";
import { Toast } from "../components/toast.js";
import { el } from "../dom.js";
import { errorText } from "../localize.js";
import { connectionNotice, deviceNotice } from "../notices.js";
import { showEventToast } from "../event-toasts.js";
import { showRequestedInvite } from "../room/shown-invite.js";
import { defaultName, startPlayer } from "./player-setup.js";
import { isFirstToHandle } from "./handled-events.js";

/** @import { App, Context, PageName, View } from "../context.js" */
/** @import { Localize } from "../localize.js" */

/**
 * @typedef {object} ShellOptions
 * @property {App} app
 * @property {Localize} localize
 * @property {string} language
 * @property {ShadowRoot} root to which the views add their styles
 * @property {boolean} [guest]
 * @property {(path: string) => void} [navigate] opens a page of Home Assistant
 * @property {(page: PageName) => void} [open] opens a page of MoosicBox
 * @property {Context["hass"]} [hass] the state of Home Assistant's page
 */

/** The interval at which positions are drawn. Times are in seconds, and a slider needs several of them for a pixel. */
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
  /** The next frame that draws positions. */
  #frame = 0;
  #subscriptions;
  #main = el("main");
  #notices;
  /** @type {Context} */
  context;
  element;

  /** @param {ShellOptions} options */
  constructor({ app, localize, language, root, guest = false, ...host }) {
    this.#app = app;
    this.#localize = localize;
    this.context = {
      app,
      localize,
      language,
      guest,
      navigate: () => undefined,
      open: () => undefined,
      hass: () => ({}),
      ...host,
      actions: new Actions(
        (message, options) => app.request(message, options),
        app.store,
        (error) => {
          this.#showError(error);
        },
      ),
      toast: (text, action) => {
        this.#toast.show(text, action);
      },
      mount: (dialog) => {
        this.element.append(dialog);
      },
      addStyles: (...sheets) => {
        root.adoptedStyleSheets = [...new Set([...root.adoptedStyleSheets, ...sheets])];
      },
    };
    this.#notices = el("div", { class: "notices" }, this.#connectionNotice.element, this.#deviceNotice.element);
    this.element = el("div", { class: "shell" }, this.#notices, this.#main, this.#toast.element);
    this.#subscriptions = [
      app.store.subscribe(() => {
        this.render();
      }),
      app.messages.on("message", (message) => {
        if (isFirstToHandle(message)) {
          showEventToast(message, this.context);
          void showRequestedInvite(message, this.context);
        }
      }),
      app.messages.on("error", (error) => {
        if (!(error instanceof Error) || isFirstToHandle(error)) {
          this.#showError(error);
        }
      }),
    ];
    this.#animate();
  }

  /**
   * @param {View} page
   * @param {View[]} others views around it
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
    for (const unsubscribe of this.#subscriptions) {
      unsubscribe();
    }
    this.#toast.dispose();
    // The close of a dialog ends what it follows.
    for (const dialog of this.element.querySelectorAll("dialog")) {
      dialog.close();
    }
  }

  render() {
    const { state } = this.#app.store;
    const actions = {
      retry: () => {
        this.#app.retry();
      },
      reload: () => {
        location.reload();
      },
      playHere: () => void startPlayer(this.context, state.device.name ?? defaultName(this.#localize)),
    };
    // The guest page itself shows that the connection has ended.
    const shownByPage = this.context.guest && state.connection.phase === "stopped";
    this.#connectionNotice.render(shownByPage ? null : connectionNotice(state.connection, this.#localize, actions));
    this.#deviceNotice.render(deviceNotice(state.device, this.#localize, actions));
    const target = targetOf(state);
    for (const view of this.#views) {
      view.render(state, target);
    }
    this.#tick();
  }

  /** @param {unknown} error */
  #showError(error) {
    this.#toast.show(errorText(this.#localize, error));
  }

  #animate() {
    this.#tick();
    this.#timer = setTimeout(() => {
      // Hidden pages draw no frames.
      this.#frame = requestAnimationFrame(() => {
        this.#animate();
      });
    }, TICK_MS);
  }

  #tick() {
    const hubUs = this.#app.hasTime ? this.#app.hubUs : null;
    for (const view of this.#views) {
      view.tick?.(hubUs);
    }
  }
}
