/** The guest page: one room, without a login at Home Assistant. */
import { App } from "../app/app.js";
import { GuestAccess } from "../app/guest-access.js";
import { emptyState } from "../ui/components/empty-state.js";
import { el } from "../ui/dom.js";
import { localizer } from "../ui/localize.js";
import { prefetch } from "../ui/shell/lazy-views.js";
import { ListenPage } from "../ui/shell/listen-page.js";
import { Shell } from "../ui/shell/shell.js";
import { styles } from "../ui/styles.js";
import { GuestRoom } from "./guest-room.js";
import { nameForm } from "./name-form.js";

/** @import { Localize } from "../ui/localize.js" */

const PREFETCH_AFTER_MS = 2_000;

class MoosicBoxGuestPage extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #title = el("h1");
  #main = el("div", { class: "shell" });

  connectedCallback() {
    void this.#build();
  }

  async #build() {
    this.#root.adoptedStyleSheets = [styles];
    const language = navigator.language;
    const localize = await localizer(language);
    await localize.loadDeferred();
    document.documentElement.lang = language;
    this.#title.textContent = localize("title");
    this.#root.replaceChildren(el("header", {}, this.#title), this.#main);
    const guest = new GuestAccess(location.hash.slice(1), sessionStorage);
    // The invite is a secret: keep it out of the history and off the screen.
    history.replaceState(null, "", location.pathname);
    if (!guest.hasInvite) {
      const texts = { title: localize("guest_no_invite"), text: localize("guest_no_invite_text") };
      this.#main.replaceChildren(el("main", {}, emptyState({ icon: "lock", ...texts })));
    } else if (guest.isAdmitted) {
      this.#showRoom(guest, guest.name, localize, language);
    } else {
      const form = nameForm(guest.name, localize, (name) => {
        this.#showRoom(guest, name, localize, language);
      });
      this.#main.replaceChildren(el("main", {}, form));
    }
  }

  /**
   * @param {GuestAccess} guest
   * @param {string} name
   * @param {Localize} localize
   * @param {string} language
   */
  #showRoom(guest, name, localize, language) {
    const app = new App(guest.accessAs(name));
    const shell = new Shell({ app, localize, language, root: this.#root, guest: true });
    // The library, which is a page of its own in the panel, is a tab here.
    shell.context.open = () => {
      app.store.update({ tab: "music" });
    };
    const room = new GuestRoom(shell.context, new ListenPage(shell.context), (roomName) => {
      this.#title.textContent = roomName;
      document.title = roomName;
    });
    this.#main.replaceWith(shell.element);
    this.#main = shell.element;
    app.addViewer();
    void app.resumePlayer();
    shell.show(room, []);
    setTimeout(() => {
      app.prefetchPlayer();
      prefetch(localize);
    }, PREFETCH_AFTER_MS);
  }
}

customElements.define("moosicbox-guest-page", MoosicBoxGuestPage);
