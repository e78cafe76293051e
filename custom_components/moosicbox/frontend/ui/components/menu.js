/** A popup menu beside the button that opened it. Arrow keys move, Escape and clicks elsewhere close it. */
import { el } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */
/** @import { IconName } from "../icons.js" */

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {IconName} [icon]
 * @property {boolean} [checked]
 * @property {() => void} run
 */

const GAP = 4;
const MARGIN = 8;

/**
 * @param {Context} context
 * @param {HTMLElement} opener
 * @param {MenuItem[]} items
 */
export function openMenu(context, opener, items) {
  const menu = el("div", {
    class: "menu-popover",
    attributes: { role: "menu", popover: "auto", "aria-label": opener.getAttribute("aria-label") ?? "" },
    on: {
      toggle: (event) => {
        if (event.newState === "closed") {
          menu.remove();
          opener.setAttribute("aria-expanded", "false");
        }
      },
      keydown: (event) => {
        moveFocus(menu, event);
      },
    },
  });
  menu.append(...items.map((item) => menuButton(item, menu, opener)));
  context.mount(menu);
  menu.showPopover();
  opener.setAttribute("aria-haspopup", "menu");
  opener.setAttribute("aria-expanded", "true");
  place(menu, opener);
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
}

/**
 * @param {MenuItem} item
 * @param {HTMLElement} menu
 * @param {HTMLElement} opener
 */
function menuButton({ label, icon: name, checked, run }, menu, opener) {
  const attributes = {
    role: checked === undefined ? "menuitem" : "menuitemradio",
    tabindex: "-1",
    ...(checked === undefined ? {} : { "aria-checked": String(checked) }),
  };
  const image = checked ? icon("check") : name ? icon(name) : el("span", { class: "menu-gap" });
  const click = () => {
    menu.hidePopover();
    opener.focus();
    run();
  };
  return el(
    "button",
    { attributes: { type: "button", ...attributes }, on: { click } },
    image,
    el("span", { text: label }),
  );
}

/**
 * @param {HTMLElement} menu
 * @param {HTMLElement} opener
 */
function place(menu, opener) {
  const button = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + GAP;
  const top = below + height + MARGIN > innerHeight ? Math.max(MARGIN, button.top - GAP - height) : below;
  const start = getComputedStyle(opener).direction === "rtl" ? button.left : button.right - width;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.min(Math.max(MARGIN, start), innerWidth - width - MARGIN)}px`;
}

/**
 * @param {HTMLElement} menu
 * @param {KeyboardEvent} event
 */
function moveFocus(menu, event) {
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const root = /** @type {ShadowRoot | Document} */ (menu.getRootNode());
  const at = items.indexOf(/** @type {HTMLElement} */ (root.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  }
}
