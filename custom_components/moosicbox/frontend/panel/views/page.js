/** The page: notices, this device, the other players. Rendered from the state as a whole. */
import { describeBrowser } from "../../player/identity.js";
import { actions } from "../actions.js";
import { el, setText } from "../dom.js";
import { errorText } from "../localize.js";
import { connectionNotice, deviceNotice } from "../notices.js";
import { Delay } from "./delay.js";
import { Notice } from "./notice.js";
import { PlayerList } from "./player-list.js";
import { Setup } from "./setup.js";
import { Toast } from "./toast.js";

/** @typedef {import("../../app/app.js").App} App */
/** @typedef {import("../../app/store.js").AppState} AppState */
/** @typedef {import("../localize.js").Localize} Localize */

const MEDIA_PAGE = "/media-browser";

export class Page {
  #app;
  #localize;
  #connectionNotice = new Notice();
  #deviceNotice = new Notice();
  #toast = new Toast();
  #setup;
  #own;
  #others;
  #delay;
  #hint = el("p", { class: "hint" });
  #entity = el("span", { class: "entity" });
  #deviceSection;
  #othersTitle = el("h2", { class: "section-title" });
  #noOthers;
  /** @type {string | null} */
  #entityId = null;
  #frame = 0;
  #unsubscribe;

  /**
   * @param {App} app
   * @param {Localize} localize
   * @param {(path: string) => void} navigate to another page of Home Assistant
   */
  constructor(app, localize, navigate) {
    this.#app = app;
    this.#localize = localize;
    const act = actions(
      (message) => app.request(message),
      (error) => this.#toast.show(errorText(localize, error)),
    );
    const cards = { baseUrl: app.baseUrl, actions: act, localize };
    this.#own = new PlayerList({ ...cards, compact: false });
    this.#others = new PlayerList({ ...cards, compact: true });
    this.#setup = new Setup({
      name: app.store.state.device.name ?? defaultName(localize),
      onstart: (name) => void app.becomePlayer(name),
      localize,
    });
    this.#delay = new Delay((ms) => void act.outputDelay(app.store.state.device.playerId, ms), localize);
    const stop = el("button", {
      class: "quiet",
      text: localize("stop_being_player"),
      attributes: { type: "button" },
      on: { click: () => app.stopBeingPlayer() },
    });
    const media = el("button", {
      class: "quiet",
      text: localize("open_media"),
      attributes: { type: "button" },
      on: { click: () => navigate(`${MEDIA_PAGE}/${this.#entityId ?? "browser"}`) },
    });
    this.#deviceSection = el(
      "div",
      { class: "device" },
      el("h2", { class: "section-title", text: localize("this_device") }),
      this.#own.element,
      this.#hint,
      el("div", { class: "device-footer" }, this.#entity, el("span", { class: "device-actions" }, media, stop)),
      this.#delay.element,
    );
    this.#noOthers = el("p", { class: "hint", text: localize("no_other_players") });
    this.element = el(
      "main",
      {},
      this.#connectionNotice.element,
      this.#deviceNotice.element,
      el(
        "div",
        { class: "columns" },
        el("div", { class: "column" }, this.#setup.element, this.#deviceSection),
        el("div", { class: "column" }, this.#othersTitle, this.#others.element, this.#noOthers),
      ),
      this.#toast.element,
    );
    this.#unsubscribe = app.store.subscribe((state) => this.#render(state));
    this.#render(app.store.state);
    this.#animate();
  }

  dispose() {
    cancelAnimationFrame(this.#frame);
    this.#unsubscribe();
    this.#toast.dispose();
  }

  /** @param {AppState} state */
  #render({ connection, device, players, playback }) {
    const localize = this.#localize;
    const remedies = {
      retry: () => this.#app.retry(),
      reload: () => location.reload(),
      playHere: () => void this.#app.becomePlayer(device.name ?? defaultName(localize)),
    };
    this.#connectionNotice.render(connectionNotice(connection, localize, remedies));
    this.#deviceNotice.render(deviceNotice(device, localize, remedies));

    const connected = connection.phase === "ready";
    const states = (players ?? []).map((player) => ({ player, status: playback[player.player_id], connected }));
    const isPlayer = device.status === "on";
    const own = states.filter(({ player }) => isPlayer && player.player_id === device.playerId);
    const others = states
      .filter(({ player }) => !isPlayer || player.player_id !== device.playerId)
      .sort((a, b) => Number(b.player.available) - Number(a.player.available));

    this.#setup.element.hidden = device.status !== "off" && device.status !== "starting";
    this.#setup.render(device.status === "starting");
    this.#deviceSection.hidden = !isPlayer;
    this.#own.render(own);
    this.#delay.render(own[0]?.player.output_delay_ms ?? 0, !connected);
    this.#others.render(others);
    const entity = own[0]?.player.entity_id ?? null;
    this.#entityId = entity;
    setText(this.#entity, entity ? localize("entity", { entity }) : localize("entity_pending"));
    this.#hint.hidden = own.length === 0 || Boolean(own[0]?.status?.current_track);
    setText(this.#hint, localize("nothing_plays_here", { name: own[0]?.player.name ?? "" }));
    setText(this.#othersTitle, localize(isPlayer ? "other_players" : "players"));
    this.#noOthers.hidden = players === null || others.length > 0;
    this.#tick();
  }

  #animate() {
    this.#tick();
    this.#frame = requestAnimationFrame(() => this.#animate());
  }

  #tick() {
    const hubUs = this.#app.hasTime ? this.#app.hubUs : null;
    this.#own.tick(hubUs);
    this.#others.tick(hubUs);
  }
}

/** @param {Localize} localize */
function defaultName(localize) {
  const { browser, platform } = describeBrowser(navigator.userAgent);
  const name = browser ?? localize("default_browser");
  return platform ? localize("default_name", { browser: name, platform }) : name;
}
