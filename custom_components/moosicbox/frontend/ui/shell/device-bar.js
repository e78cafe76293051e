/** This browser as a player: what Home Assistant calls it, and the ways on from there. */
import { el, setText, textButton } from "../dom.js";
import { Lazy } from "../components/lazy.js";
import { parts } from "./parts.js";

/** @typedef {import("../context.js").AppState} AppState */
/** @typedef {import("../context.js").Context} Context */
/** @typedef {import("../context.js").Target} Target */

const MEDIA_PAGE = "/media-browser";
const SURPRISE_TRACKS = 50;

export class DeviceBar {
  #context;
  /** @type {Target | null} */
  #target = null;
  /** @type {string | null} */
  #entityId = null;
  #first;
  #entity = el("span", { class: "entity" });
  #media;
  #stop;
  #delay;
  #sound;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { app, localize, navigate, open } = context;
    this.#first = el(
      "div",
      { class: "first-steps" },
      textButton("main", localize("surprise"), () => void this.#surprise()),
      textButton("quiet", localize("open_library"), () => open("library")),
    );
    this.#media = textButton("quiet", localize("open_media"), () =>
      navigate(`${MEDIA_PAGE}/${this.#entityId ?? "browser"}`),
    );
    this.#stop = textButton("quiet", localize("stop_being_player"), () => app.stopBeingPlayer());
    this.#delay = new Lazy(context, parts.delay);
    this.#sound = new Lazy(context, parts.sound);
    this.element = el(
      "div",
      { class: "device" },
      this.#first,
      el(
        "div",
        { class: "device-footer" },
        this.#entity,
        el("span", { class: "device-actions" }, this.#media, this.#stop),
      ),
      this.#sound.element,
      this.#delay.element,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    const { device, players, connection } = state;
    this.#target = target;
    const { guest, localize } = this.#context;
    const own = device.status === "on" ? players?.find(({ player_id }) => player_id === device.playerId) : undefined;
    this.#entityId = target?.kind === "player" ? target.entityId : (own?.entity_id ?? null);
    const idle =
      target &&
      !target.status?.current_track &&
      !(target.queue?.items.length ?? target.status?.queue_length) &&
      target.available;
    this.#first.hidden = !idle || guest || connection.phase !== "ready" || !target.rights.has("queue.add");
    this.#entity.hidden = guest || device.status !== "on";
    const entity = own?.entity_id;
    setText(this.#entity, entity ? localize("entity", { entity }) : localize("entity_pending"));
    this.#media.hidden = guest || !target;
    for (const part of [this.#sound, this.#delay]) {
      part.element.hidden = !own;
      if (own) {
        part.render(state, target);
      }
    }
    this.#stop.hidden = device.status !== "on";
    setText(this.#stop, localize(guest ? "stop_listening" : "stop_being_player"));
  }

  /** The shortest way to sound for somebody who has not chosen anything. */
  async #surprise() {
    const { actions, localize, open, toast } = this.#context;
    const target = this.#target;
    const answer = target && (await actions.library("get_tracks", { limit: 500, sort: "title" }));
    if (!target || !answer) {
      return;
    }
    const ids = shuffled(answer.items.map((/** @type {{track_id: string}} */ { track_id }) => track_id)).slice(
      0,
      SURPRISE_TRACKS,
    );
    if (ids.length === 0) {
      toast(localize("library_empty"));
      open("library");
    } else {
      await actions.playNow(target, ids);
    }
  }
}

/**
 * @template T
 * @param {T[]} items
 */
function shuffled(items) {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
