/** The guests' page: one room, without a login at Home Assistant. */
import { App } from "../app/app.js";
import { GuestAccess } from "../app/guest-access.js";
import { emptyState } from "../ui/components/empty-state.js";
import { el } from "../ui/dom.js";
import { localizer } from "../ui/localize.js";
import { ListenPage } from "../ui/shell/listen-page.js";
import { prefetch } from "../ui/shell/lazy-views.js";
import { Shell } from "../ui/shell/shell.js";
import { styles } from "../ui/styles.js";
import { GuestRoom } from "./guest-room.js";
import { nameForm } from "./name-form.js";

/** @import { Localize } from "../ui/localize.js" */

const WARM_UP_MS = 2_000;

class MoosicBoxGuestPage extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #title = el("h1");
  #main = el("div", { class: "shell" });

  async connectedCallback() {
    this.#root.adoptedStyleSheets = [styles];
    const language = navigator.language;
    const localize = await localizer(language);
    await localize.loadDeferred();
    document.documentElement.lang = language;
    this.#title.textContent = localize("title");
    this.#root.replaceChildren(el("header", {}, this.#title), this.#main);
    const pass = new GuestAccess(location.hash.slice(1), sessionStorage);
    // Not for the history, nor for whoever looks at the screen.
    history.replaceState(null, "", location.pathname);
    if (!pass.exists) {
      const words = { title: localize("guest_no_invite"), text: localize("guest_no_invite_text") };
      this.#main.replaceChildren(el("main", {}, emptyState({ icon: "lock", ...words })));
    } else if (pass.entered) {
      this.#enter(pass, pass.name, localize, language);
    } else {
      const form = nameForm(pass.name, localize, (name) => this.#enter(pass, name, localize, language));
      this.#main.replaceChildren(el("main", {}, form));
    }
  }

  /**
   * @param {GuestAccess} pass
   * @param {string} name
   * @param {Localize} localize
   * @param {string} language
   */
  #enter(pass, name, localize, language) {
    const app = new App(pass.enter(name));
    const shell = new Shell({ app, localize, language, root: this.#root, guest: true, open: () => undefined });
    const listen = new ListenPage(shell.context);
    // The library alone is asked for from within; here it is a part of the one page.
    shell.context.open = () => app.store.update({ tab: "music" });
    const door = new GuestRoom(shell.context, listen, (room) => {
      this.#title.textContent = room;
      document.title = room;
    });
    this.#main.replaceWith(shell.element);
    this.#main = shell.element;
    app.view();
    void app.resume();
    shell.show(door, []);
    setTimeout(() => {
      app.warmUp();
      prefetch(localize);
    }, WARM_UP_MS);
  }
}

customElements.define("moosicbox-guest-page", MoosicBoxGuestPage);
