/** The current track in a bar at the bottom of the other pages. */
import { positionOf } from "../../client/index.js";
import { Artwork } from "../components/artwork.js";
import { el, iconButton, setLabel, setText } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

const THUMBNAIL_PIXELS = 96;

export class MiniPlayer {
  #context;
  /** @type {Target | null} */
  #target = null;
  #playing = false;
  /** @type {import("../../app/store.js").PlaybackStatus | undefined} */
  #status;
  #artwork;
  #title = el("span", { class: "row-title" });
  #details = el("span", { class: "row-subtitle" });
  #icon = icon("play");
  #play;
  #next;
  #open;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { actions, localize, open } = context;
    this.#artwork = new Artwork(context, { class: "artwork thumbnail", size: THUMBNAIL_PIXELS });
    this.#open = el(
      "button",
      {
        class: "row-main",
        attributes: { type: "button" },
        on: {
          click: () => {
            open("listen");
          },
        },
      },
      this.#artwork.element,
      el("span", { class: "row-words" }, this.#title, this.#details),
    );
    this.#play = iconButton(this.#icon, localize("play"), () => {
      if (this.#target) {
        void actions.playback(this.#target, this.#playing ? "pause" : "play");
      }
    });
    this.#next = iconButton(icon("next"), localize("next"), () => {
      if (this.#target) {
        void actions.playback(this.#target, "next");
      }
    });
    this.element = el(
      "div",
      { class: "mini", attributes: { role: "region", "aria-label": localize("now_playing") } },
      this.#open,
      this.#play,
      this.#next,
    );
  }

  /**
   * @param {AppState} state
   * @param {Target | null} target
   */
  render(state, target) {
    this.#target = target;
    const { localize } = this.#context;
    const status = target?.status;
    const track = status?.current_track;
    this.#status = status;
    this.element.hidden = !target || !track;
    if (!target || !track) {
      return;
    }
    this.#playing = status.state === "playing" || status.state === "buffering";
    this.#artwork.render(track.artwork_url);
    setText(this.#title, track.title || localize("unknown_title"));
    setText(this.#details, [status.stream_title ?? track.artist, target.name].filter(Boolean).join(" · "));
    setIcon(this.#icon, this.#playing ? "pause" : "play");
    setLabel(this.#play, localize(this.#playing ? "pause" : "play"));
    const usable = state.connection.phase === "ready" && target.available;
    this.#play.disabled = !usable || !target.rights.has("playback.control");
    this.#next.disabled = !usable || !target.rights.has("playback.skip");
  }

  /** @param {number | null} hubUs the hub's clock, if it is known */
  tick(hubUs) {
    const status = this.#status;
    // Rounded to what a screen can show, so that most frames need no repaint.
    const progress = status?.duration_seconds
      ? Math.min(1, positionOf(status, hubUs) / status.duration_seconds).toFixed(3)
      : "0";
    if (this.element.style.getPropertyValue("--progress") !== progress) {
      this.element.style.setProperty("--progress", progress);
    }
  }
}
