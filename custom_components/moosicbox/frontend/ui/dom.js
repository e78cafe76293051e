/** Helpers to create and update DOM elements. */

/** @typedef {{[Type in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Type]) => void}} Listeners */

/**
 * @typedef {object} Props
 * @property {string} [class]
 * @property {string} [text]
 * @property {Record<string, string>} [attributes]
 * @property {Listeners} [on]
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Props} [props]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  if (props.class) {
    element.className = props.class;
  }
  if (props.text !== undefined) {
    element.textContent = props.text;
  }
  applyProps(element, props);
  element.append(...children);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {Node[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  applyProps(element, { attributes });
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {Props} props
 */
function applyProps(element, { attributes = {}, on = {} }) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  for (const [type, listener] of Object.entries(on)) {
    element.addEventListener(type, /** @type {EventListener} */ (listener));
  }
}

/**
 * @param {string} className
 * @param {string} text
 * @param {() => void} onclick
 * @param {Node[]} before the text
 */
export function textButton(className, text, onclick, ...before) {
  const children = [...before, text];
  return el("button", { class: className, attributes: { type: "button" }, on: { click: onclick } }, ...children);
}

/**
 * @param {Node} image
 * @param {string} label
 * @param {(event: MouseEvent) => void} onclick
 */
export function iconButton(image, label, onclick) {
  return el(
    "button",
    { class: "icon", attributes: { type: "button", "aria-label": label, title: label }, on: { click: onclick } },
    image,
  );
}

/**
 * Set the text, if it differs: an unchanged element costs no layout.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value null removes the attribute
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) === value) {
    return;
  }
  if (value === null) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value);
  }
}

/**
 * @param {HTMLElement} button
 * @param {string} label
 */
export function setLabel(button, label) {
  setAttribute(button, "aria-label", label);
  setAttribute(button, "title", label);
}

/**
 * A list with one view for each entry. A view is kept as long as an entry has its key.
 * @template T
 * @template {{element: HTMLElement}} V
 */
export class KeyedList {
  /** @type {Map<string, V>} */
  #views = new Map();
  #parent;
  #make;

  /**
   * @param {HTMLElement} parent without other children
   * @param {(entry: T) => V} make
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** @returns {Iterable<V>} */
  get views() {
    return this.#views.values();
  }

  /**
   * @param {readonly T[]} entries
   * @param {(entry: T) => string} key
   * @param {(view: V, entry: T) => void} render
   */
  render(entries, key, render) {
    const keys = new Set(entries.map(key));
    for (const [held, view] of this.#views) {
      if (!keys.has(held)) {
        view.element.remove();
        this.#views.delete(held);
      }
    }
    entries.forEach((entry, index) => {
      const name = key(entry);
      const view = this.#views.get(name) ?? this.#make(entry);
      this.#views.set(name, view);
      render(view, entry);
      if (this.#parent.children[index] !== view.element) {
        this.#parent.insertBefore(view.element, this.#parent.children[index] ?? null);
      }
    });
  }
}
