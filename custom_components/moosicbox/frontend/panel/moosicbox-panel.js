/** The panel in Home Assistant's sidebar. Home Assistant sets the properties `hass`, `narrow` and `route`. */
import { getApp } from "../app/app.js";
import { navigate } from "../app/navigate.js";
import { LazyView } from "../ui/components/lazy-view.js";
import { localizer } from "../ui/localize.js";
import { Header } from "../ui/shell/header.js";
import { ListenPage } from "../ui/shell/listen-page.js";
import { Nav, PAGES } from "../ui/shell/nav.js";
import { lazyViews, prefetch } from "../ui/shell/lazy-views.js";
import { Shell } from "../ui/shell/shell.js";
import { TargetButton } from "../ui/shell/target-button.js";
import { styles } from "../ui/styles.js";

/** @import { App } from "../app/app.js" */
/** @import { Context, Hass, PageName, View } from "../ui/context.js" */

/** @typedef {{prefix: string, path: string}} Route */

const PREFIX = "/moosicbox";
const PREFETCH_AFTER_MS = 2_000;

/** @type {Record<PageName, (context: Context) => View>} */
const PAGE_VIEWS = {
  listen: (context) => new ListenPage(context),
  library: (context) => new LazyView(context, lazyViews.library),
  rooms: (context) => new LazyView(context, lazyViews.rooms),
  household: (context) => new LazyView(context, lazyViews.household),
  hub: (context) => new LazyView(context, lazyViews.hub),
};

class MoosicBoxPanel extends HTMLElement {
  /** @type {Hass | null} */
  #hass = null;
  #narrow = false;
  /** @type {PageName} */
  #page = "listen";
  #language = "";
  /** @type {Header | null} */
  #header = null;
  /** @type {Shell | null} */
  #shell = null;
  /** @type {Partial<Record<PageName, View>>} */
  #pages = {};
  /** @type {View | null} */
  #target = null;
  /** @type {View | null} */
  #mini = null;
  /** @type {Nav | null} */
  #nav = null;
  /** @type {App | null} */
  #app = null;
  /** @type {(() => void) | null} */
  #removeViewer = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = hass;
    this.#render();
    // Every state of Home Assistant comes this way; these few change what is drawn.
    if (before && (before.areas !== hass.areas || before.devices !== hass.devices || before.user !== hass.user)) {
      this.#shell?.render();
    }
  }

  /** @param {boolean} narrow */
  set narrow(narrow) {
    this.#narrow = narrow;
    this.#render();
  }

  /** @param {Route} route */
  set route({ path }) {
    this.#page = PAGES.find(({ page }) => path === `/${page}`)?.page ?? "listen";
    this.#show();
  }

  async connectedCallback() {
    this.#app = await getApp();
    if (this.isConnected) {
      // The panel may have been removed and added again while this waited: then both calls come here.
      this.#removeViewer ??= this.#app.addViewer();
      this.#render();
      setTimeout(() => {
        this.#prefetch();
      }, PREFETCH_AFTER_MS);
    }
  }

  disconnectedCallback() {
    this.#removeViewer?.();
    this.#removeViewer = null;
    this.#tearDown();
    this.#language = "";
  }

  #prefetch() {
    this.#app?.prefetchPlayer();
    if (this.#shell) {
      prefetch(this.#shell.context.localize);
    }
  }

  #render() {
    if (!this.#app || !this.#removeViewer || !this.#hass) {
      return;
    }
    const language = this.#hass.locale?.language ?? this.#hass.language ?? "en";
    if (language !== this.#language) {
      void this.#build(this.#app, language);
    }
    this.#header?.render(this.#hass, this.#narrow);
  }

  /**
   * @param {App} app
   * @param {string} language
   */
  async #build(app, language) {
    this.#language = language;
    const localize = await localizer(language);
    if (this.#language !== language || !this.shadowRoot) {
      return;
    }
    this.#tearDown();
    this.lang = language;
    this.classList.add("with-nav");
    const open = (/** @type {PageName} */ page) => {
      navigate(`${PREFIX}/${page}`);
    };
    const hass = () => this.#hass ?? {};
    this.#shell = new Shell({ app, localize, language, root: this.shadowRoot, navigate, open, hass });
    const { context } = this.#shell;
    const [target, nav] = [new TargetButton(context), new Nav(localize, PREFIX, open)];
    const mini = new LazyView(context, lazyViews.miniPlayer);
    this.#header = new Header(localize, nav.element, target.element);
    this.#target = target;
    this.#mini = mini;
    this.#nav = nav;
    this.shadowRoot.replaceChildren(this.#header.element, this.#shell.element, mini.element);
    this.#header.render(this.#hass, this.#narrow);
    this.#show();
  }

  #show() {
    const shell = this.#shell;
    if (!shell) {
      return;
    }
    const page = (this.#pages[this.#page] ??= PAGE_VIEWS[this.#page](shell.context));
    this.dataset.page = this.#page;
    shell.show(page, [
      ...(this.#target ? [this.#target] : []),
      // The Listen page itself shows the current track.
      ...(this.#mini && this.#page !== "listen" ? [this.#mini] : []),
      {
        element: this,
        render: (state) => {
          this.#nav?.render(this.#page, state);
        },
      },
    ]);
  }

  #tearDown() {
    this.#shell?.dispose();
    this.#shell = null;
    this.#mini?.dispose?.();
    this.#mini = null;
    for (const page of Object.values(this.#pages)) {
      page.dispose?.();
    }
    this.#pages = {};
  }
}

if (!customElements.get("moosicbox-panel")) {
  customElements.define("moosicbox-panel", MoosicBoxPanel);
}
