/** The area of a new player, which its creator may choose if Home Assistant lets this user change devices. */
import { el } from "../dom.js";
import { callHomeAssistant } from "../hub/home-assistant-api.js";

/** @import { AppState, Context } from "../context.js" */

/** The time within which Home Assistant adds a player. */
const WAIT_MS = 60_000;

export class AreaChoice {
  #context;
  #select = el("select", { attributes: { id: "player-area" } });
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const label = el("label", { text: context.localize("setup_area"), attributes: { for: "player-area" } });
    this.element = el("div", { class: "area" }, label, this.#select);
  }

  /** @returns {boolean} true until Home Assistant's page has told which areas and devices there are */
  get isPending() {
    const { areas, devices, user } = this.#context.hass();
    return user?.is_admin === true && (areas === null || devices === null);
  }

  /** @param {AppState} state */
  render({ device }) {
    const { hass, localize } = this.#context;
    const { areas, devices, user } = hass();
    const isKnown = Object.values(devices ?? {}).some(({ identifiers }) =>
      identifiers.some(([domain, id]) => domain === "moosicbox" && id === device.playerId),
    );
    const offered = user?.is_admin && !isKnown ? Object.values(areas ?? {}) : [];
    this.element.hidden = offered.length === 0;
    const options = offered
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ area_id, name }) => new Option(name, area_id));
    // Rebuilding the list would close it.
    if (this.#select.length - 1 !== options.length) {
      const chosen = this.#select.value;
      this.#select.replaceChildren(new Option(localize("setup_no_area"), ""), ...options);
      this.#select.value = options.some(({ value }) => value === chosen) ? chosen : "";
    }
  }

  /** Put the player of this browser into the chosen area, as soon as Home Assistant has added it. */
  async apply() {
    const area_id = this.element.hidden ? "" : this.#select.value;
    const entity_id = area_id ? await this.#entityId() : null;
    if (entity_id) {
      const entity = await callHomeAssistant(this.#context, { type: "config/entity_registry/get", entity_id });
      const { device_id } = /** @type {{device_id?: string}} */ (entity ?? {});
      if (device_id) {
        await callHomeAssistant(this.#context, { type: "config/device_registry/update", device_id, area_id });
      }
    }
  }

  /** @returns {Promise<string | null>} null if Home Assistant doesn't add the player, as when the user has too many */
  #entityId() {
    const { store } = this.#context.app;
    return new Promise((resolve) => {
      /** @param {string | null} entityId */
      const finish = (entityId) => {
        clearTimeout(timer);
        unsubscribe();
        resolve(entityId);
      };
      const check = () => {
        const { players, device } = store.state;
        const entityId = players?.find(({ player_id }) => player_id === device.playerId)?.entity_id;
        if (entityId) {
          finish(entityId);
        }
      };
      const timer = setTimeout(() => {
        finish(null);
      }, WAIT_MS);
      const unsubscribe = store.subscribe(check);
      check();
    });
  }
}
