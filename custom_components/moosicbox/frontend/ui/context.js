/** What every part of the pages is given: the hub, what can be done, words, and the few things that the page as a whole does. */

/** @typedef {import("../app/app.js").App} App */
/** @typedef {import("../app/actions.js").Actions} Actions */
/** @typedef {import("../app/store.js").AppState} AppState */
/** @typedef {import("../app/target.js").Target} Target */
/** @typedef {import("./localize.js").Localize} Localize */

/** @typedef {"listen" | "library" | "rooms" | "hub"} PageName */

/**
 * @typedef {object} Context
 * @property {App} app
 * @property {Actions} actions
 * @property {Localize} localize
 * @property {string} language
 * @property {boolean} guest whether there is no Home Assistant around
 * @property {(text: string, action?: {label: string, run: () => void}) => void} toast
 * @property {(page: PageName) => void} open one of our pages
 * @property {(path: string) => void} navigate to a page of Home Assistant
 * @property {(dialog: HTMLElement) => void} mount puts a dialog or menu into the page
 * @property {(...sheets: CSSStyleSheet[]) => void} style adds what a part that came later needs to look right
 */

/**
 * A part of a page: made once, rendered from the state as often as that changes.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(state: AppState, target: Target | null) => void} render
 * @property {(hubUs: number | null) => void} [tick] before every picture: what moves by itself
 * @property {() => void} [dispose]
 */

export {};
