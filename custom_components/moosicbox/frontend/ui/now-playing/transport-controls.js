/** The buttons below the picture: what plays, in which order, and the vote where others decide. */
import { el, iconButton, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

/** @type {Record<string, "off" | "all" | "one">} */
const NEXT_REPEAT = { off: "all", all: "one", one: "off" };

export class TransportControls {
  #context;
  #target;
  #playing = false;
  #playIcon = icon("play");
  #repeatIcon = icon("repeat");
  #shuffle;
  #previous;
  #play;
  #next;
  #repeat;
  #vote;
  #controls;
  element;

  /**
   * @param {Context} context
   * @param {() => Target | null} target
   */
  constructor(context, target) {
    this.#context = context;
    this.#target = target;
    const { localize } = context;
    this.#shuffle = this.#button(icon("shuffle"), localize("shuffle"), (on, { mode }) =>
      mode(on, { shuffle: !on.status?.shuffle }),
    );
    this.#previous = this.#button(icon("previous"), localize("previous"), (on, { playback }) =>
      playback(on, "previous"),
    );
    this.#play = this.#button(this.#playIcon, localize("play"), (on, { playback }) =>
      playback(on, this.#playing ? "pause" : "play"),
    );
    this.#play.classList.add("primary");
    this.#next = this.#button(icon("next"), localize("next"), (on, { playback }) => playback(on, "next"));
    this.#repeat = this.#button(this.#repeatIcon, localize("repeat_off"), (on, { mode }) =>
      mode(on, { repeat: NEXT_REPEAT[on.status?.repeat ?? "off"] }),
    );
    this.#vote = textButton("tonal vote", "", () => {
      const room_id = target()?.id;
      void (room_id && context.actions.room("skip_vote", { room_id }));
    });
    const buttons = [this.#shuffle, this.#previous, this.#play, this.#next, this.#repeat];
    this.#controls = el("div", { class: "controls", attributes: { dir: "ltr" } }, ...buttons);
    this.element = el("div", { class: "transport" }, this.#controls, this.#vote);
  }

  /**
   * @param {AppState} state
   * @param {Target} target
   * @param {boolean} usable
   */
  render(state, target, usable) {
    const { localize } = this.#context;
    const { status, rights, queue } = target;
    const control = usable && rights.has("playback.control");
    const empty = !status?.current_track && !(queue?.items.length ?? status?.queue_length);
    this.#playing = status?.state === "playing" || status?.state === "buffering";
    setIcon(this.#playIcon, this.#playing ? "pause" : "play");
    setLabel(this.#play, localize(this.#playing ? "pause" : "play"));
    setAttribute(this.#play, "aria-busy", status?.state === "buffering" ? "true" : null);
    this.#play.disabled = this.#previous.disabled = !control || empty;
    this.#next.disabled = !usable || empty || !rights.has("playback.skip");
    this.#shuffle.disabled = this.#repeat.disabled = !control;
    // What the role doesn't allow is no use as a grey button.
    this.#controls.hidden = !rights.has("playback.control") && !rights.has("playback.skip");
    setAttribute(this.#shuffle, "aria-pressed", String(status?.shuffle ?? false));
    const repeat = status?.repeat ?? "off";
    setIcon(this.#repeatIcon, repeat === "one" ? "repeatOne" : "repeat");
    setAttribute(this.#repeat, "aria-pressed", String(repeat !== "off"));
    setLabel(this.#repeat, localize(repeat === "one" ? "repeat_one" : repeat === "all" ? "repeat_all" : "repeat_off"));
    this.#renderVote(state, target, usable);
  }

  /**
   * @param {AppState} state
   * @param {Target} target
   * @param {boolean} usable
   */
  #renderVote({ me }, { room, rights, status }, usable) {
    const { localize } = this.#context;
    const itemId = status?.queue_item_id;
    this.#vote.hidden =
      !room || room.control !== "votes" || !itemId || !(rights.has("vote") || rights.has("playback.skip"));
    if (this.#vote.hidden || !room) {
      return;
    }
    const vote = room.vote?.itemId === itemId ? room.vote : null;
    const voted = Boolean(me && vote?.users.includes(me.userId));
    const votes = vote ? { votes: String(vote.votes), needed: String(vote.needed) } : null;
    setText(this.#vote, votes ? localize(voted ? "voted" : "vote_count", votes) : localize("vote"));
    this.#vote.disabled = !usable || voted;
  }

  /**
   * @param {SVGSVGElement} picture
   * @param {string} label
   * @param {(target: Target, actions: Bound) => void} act
   */
  #button(picture, label, act) {
    const { actions } = this.#context;
    /** @type {Bound} */
    const bound = {
      playback: (on, command) => void actions.playback(on, command),
      mode: (on, change) => void actions.mode(on, change),
    };
    return iconButton(picture, label, () => {
      const target = this.#target();
      if (target) {
        act(target, bound);
      }
    });
  }
}

/**
 * @typedef {object} Bound
 * @property {(target: Target, command: import("../../app/actions.js").Command) => void} playback
 * @property {(target: Target, change: {shuffle?: boolean, repeat?: string}) => void} mode
 */
