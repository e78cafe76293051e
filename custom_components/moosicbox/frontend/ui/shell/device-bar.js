/** This browser as a player: its entity, links to further pages, and the button to switch it off. */
import { el, setText, textButton } from "../dom.js";
import { LazyView } from "../components/lazy-view.js";
import { idOf } from "../library/item-kinds.js";
import { lazyViews } from "./lazy-views.js";

/** @import { AppState, Context, Target } from "../context.js" */

const MEDIA_PAGE = "/media-browser";
const RANDOM_TRACKS = 50;

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
  #outputs;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { app, localize, navigate, open } = context;
    this.#first = el(
      "div",
      { class: "first-steps" },
      textButton("main", localize("play_random"), () => void this.#playRandom()),
      textButton("quiet", localize("open_library"), () => {
        open("library");
      }),
    );
    this.#media = textButton("quiet", localize("open_media"), () => {
      navigate(`${MEDIA_PAGE}/${this.#entityId ?? "browser"}`);
    });
    this.#stop = textButton("quiet", localize("disable_player"), () => {
      app.disablePlayer();
    });
    this.#delay = new LazyView(context, lazyViews.outputDelay);
    this.#sound = new LazyView(context, lazyViews.soundSettings);
    this.#outputs = new LazyView(context, lazyViews.outputDelays);
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
      this.#outputs.element,
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
    // Their names come from Home Assistant.
    this.#outputs.element.hidden = guest || !target || !state.me?.permissions.includes("control");
    if (!this.#outputs.element.hidden) {
      this.#outputs.render(state, target);
    }
    this.#stop.hidden = device.status !== "on";
    setText(this.#stop, localize(guest ? "stop_listening" : "disable_player"));
  }

  dispose() {
    for (const part of [this.#sound, this.#delay, this.#outputs]) {
      part.dispose();
    }
  }

  /** Play random tracks, for users who have not chosen anything yet. */
  async #playRandom() {
    const { actions, localize, open, toast } = this.#context;
    const target = this.#target;
    const answer = target && (await actions.library("get_tracks", { limit: RANDOM_TRACKS, sort: "random" }));
    if (!target || !answer) {
      return;
    }
    const tracks = (answer.items ?? []).filter(({ available }) => available !== false);
    const ids = tracks.map((track) => idOf("track", track));
    if (ids.length === 0) {
      toast(localize("library_empty"));
      open("library");
    } else {
      await actions.playNow(target, ids);
    }
  }
}
