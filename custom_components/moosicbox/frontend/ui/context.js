/** The context that is passed to every view. */

/** @typedef {import("../app/app.js").App} App */
/** @typedef {import("../app/actions.js").Actions} Actions */
/** @typedef {import("../app/store.js").AppState} AppState */
/** @typedef {import("../app/target.js").Target} Target */
/** @typedef {import("./localize.js").Localize} Localize */

/** @typedef {"listen" | "library" | "rooms" | "household" | "hub"} PageName */

/**
 * The part of Home Assistant's `hass` that the views use.
 * @typedef {object} Hass
 * @property {string} [language]
 * @property {{language: string}} [locale]
 * @property {Record<string, {attributes: {friendly_name?: string}}>} [states] by entity id
 * @property {Record<string, {area_id: string, name: string}> | null} [areas] null until they are fetched
 * @property {Record<string, {identifiers: [string, string][]}> | null} [devices] null until they are fetched
 * @property {{is_admin: boolean}} [user]
 */

/**
 * @typedef {object} Context
 * @property {App} app
 * @property {Actions} actions
 * @property {Localize} localize
 * @property {string} language
 * @property {boolean} guest true if this is the guest page, without a login at Home Assistant
 * @property {(text: string, action?: {label: string, run: () => void}) => void} toast
 * @property {(page: PageName) => void} open opens a page of MoosicBox
 * @property {(path: string) => void} navigate opens a page of Home Assistant
 * @property {() => Hass} hass the state of Home Assistant's page; empty outside of it
 * @property {(dialog: HTMLElement) => void} mount adds a dialog or menu to the page
 * @property {(...sheets: CSSStyleSheet[]) => void} addStyles adds style sheets that were fetched later
 */

/**
 * A part of a page. It is created once, and rendered whenever the state has changed.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(state: AppState, target: Target | null) => void} render
 * @property {(hubUs: number | null) => void} [tick] called on every animation frame with the hub's clock, if that is known
 * @property {() => void} [dispose]
 */

export {};
