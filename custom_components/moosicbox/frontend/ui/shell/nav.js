/** The navigation: in the header, or at the bottom on phones. */
import { el, setAttribute } from "../dom.js";
import { icon } from "../icons.js";

/** @import { AppState, PageName } from "../context.js" */
/** @import { Localize } from "../localize.js" */

/** @type {{page: PageName, icon: import("../icons.js").IconName, admin?: boolean}[]} */
export const PAGES = [
  { page: "listen", icon: "note" },
  { page: "library", icon: "library" },
  { page: "rooms", icon: "party" },
  { page: "household", icon: "alarm" },
  { page: "hub", icon: "hub", admin: true },
];

export class Nav {
  /** @type {Map<PageName, HTMLAnchorElement>} */
  #links = new Map();
  element;

  /**
   * @param {Localize} localize
   * @param {string} prefix of the pages' paths
   * @param {(page: PageName) => void} open
   */
  constructor(localize, prefix, open) {
    this.element = el("nav", { attributes: { "aria-label": localize("pages") } });
    for (const { page, icon: name } of PAGES) {
      const click = (/** @type {MouseEvent} */ event) => {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
          event.preventDefault();
          open(page);
        }
      };
      const link = el(
        "a",
        { attributes: { href: `${prefix}/${page}` }, on: { click } },
        icon(name),
        el("span", { text: localize(page) }),
      );
      this.#links.set(page, link);
      this.element.append(link);
    }
  }

  /**
   * @param {PageName} open
   * @param {AppState} state
   */
  render(open, { me }) {
    for (const { page, admin } of PAGES) {
      const link = this.#links.get(page);
      if (link) {
        setAttribute(link, "aria-current", page === open ? "page" : null);
        link.hidden = Boolean(admin) && !me?.permissions.includes("admin");
      }
    }
  }
}
