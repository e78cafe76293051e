/** A tab list, with the keys and roles that screen readers expect. */
import { el, setAttribute, setText } from "../dom.js";

/** @typedef {{id: string, label: string, hidden?: boolean, badge?: string}} Tab */

let count = 0;

export class Tabs {
  #prefix = `tab-${++count}`;
  #onselect;
  /** @type {Map<string, {button: HTMLButtonElement, label: HTMLElement, badge: HTMLElement}>} */
  #buttons = new Map();
  #selected = "";
  /** @type {HTMLElement | null} */
  #panel = null;
  element;

  /**
   * @param {string} label of the list
   * @param {Tab[]} tabs
   * @param {(id: string) => void} onselect
   */
  constructor(label, tabs, onselect) {
    this.#onselect = onselect;
    this.element = el("div", {
      class: "tabs",
      attributes: { role: "tablist", "aria-label": label },
      on: {
        keydown: (event) => {
          this.#handleKey(event);
        },
      },
    });
    for (const tab of tabs) {
      const parts = { label: el("span", { text: tab.label }), badge: el("span", { class: "badge" }) };
      const button = el(
        "button",
        {
          attributes: { type: "button", role: "tab", id: `${this.#prefix}-${tab.id}` },
          on: {
            click: () => {
              this.#select(tab.id);
            },
          },
        },
        parts.label,
        parts.badge,
      );
      this.#buttons.set(tab.id, { button, ...parts });
      this.element.append(button);
    }
  }

  /** @param {HTMLElement} panel with the content that the tabs switch */
  control(panel) {
    this.#panel = panel;
    panel.id = `${this.#prefix}-panel`;
    setAttribute(panel, "role", "tabpanel");
    for (const { button } of this.#buttons.values()) {
      setAttribute(button, "aria-controls", panel.id);
    }
  }

  /**
   * @param {string} selected
   * @param {Partial<Record<string, {hidden?: boolean, badge?: string}>>} [changes] by id
   */
  render(selected, changes = {}) {
    this.#selected = selected;
    if (this.#panel) {
      setAttribute(this.#panel, "aria-labelledby", `${this.#prefix}-${selected}`);
    }
    for (const [id, { button, badge }] of this.#buttons) {
      const active = id === selected;
      setAttribute(button, "aria-selected", String(active));
      setAttribute(button, "tabindex", active ? "0" : "-1");
      button.hidden = changes[id]?.hidden ?? false;
      setText(badge, changes[id]?.badge ?? "");
    }
  }

  /** @param {string} id */
  #select(id) {
    this.render(id);
    this.#onselect(id);
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    const ids = [...this.#buttons].filter(([, { button }]) => !button.hidden).map(([id]) => id);
    const at = ids.indexOf(this.#selected);
    const forward = getComputedStyle(this.element).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: ids.length - 1 }[event.key];
    const id = to === undefined ? undefined : ids[(to + ids.length) % ids.length];
    if (id !== undefined) {
      event.preventDefault();
      this.#select(id);
      this.#buttons.get(id)?.button.focus();
    }
  }
}
