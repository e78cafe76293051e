/** A menu beside the button that opened it: arrows move, Escape and clicks elsewhere close it. */
import { el } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */
/** @import { IconName } from "../icons.js" */

/**
 * @typedef {object} Choice
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
 * @param {Choice[]} choices
 */
export function openMenu(context, opener, choices) {
  const menu = el("div", {
    class: "menu-popover",
    attributes: { role: "menu", popover: "auto", "aria-label": opener.getAttribute("aria-label") ?? "" },
    on: {
      toggle: (/** @type {ToggleEvent} */ event) => {
        if (event.newState === "closed") {
          menu.remove();
          opener.setAttribute("aria-expanded", "false");
        }
      },
      keydown: (/** @type {KeyboardEvent} */ event) => moveFocus(menu, event),
    },
  });
  menu.append(...choices.map((choice) => item(choice, menu, opener)));
  context.mount(menu);
  menu.showPopover();
  opener.setAttribute("aria-haspopup", "menu");
  opener.setAttribute("aria-expanded", "true");
  place(menu, opener);
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
}

/**
 * @param {Choice} choice
 * @param {HTMLElement} menu
 * @param {HTMLElement} opener
 */
function item({ label, icon: name, checked, run }, menu, opener) {
  const attributes = {
    type: "button",
    role: checked === undefined ? "menuitem" : "menuitemradio",
    tabindex: "-1",
    ...(checked === undefined ? {} : { "aria-checked": String(checked) }),
  };
  const picture = checked ? icon("check") : name ? icon(name) : el("span", { class: "menu-gap" });
  const click = () => {
    menu.hidePopover();
    opener.focus();
    run();
  };
  return el("button", { attributes, on: { click } }, picture, el("span", { text: label }));
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
