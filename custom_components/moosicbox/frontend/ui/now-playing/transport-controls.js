/** The playback buttons: play, skip, shuffle, repeat; and the vote to skip where the room decides by votes. */
import { el, iconButton, setAttribute, setLabel, setText, textButton } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

/** @typedef {import("../../app/store.js").PlaybackStatus["repeat"]} Repeat */

/** @type {Record<Repeat, Repeat>} */
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
    const { actions, localize } = context;
    this.#shuffle = this.#button("shuffle", "shuffle", (on) => actions.mode(on, { shuffle: !on.status?.shuffle }));
    this.#previous = this.#button("previous", "previous", (on) => actions.playback(on, "previous"));
    this.#play = iconButton(this.#playIcon, localize("play"), () => {
      this.#withTarget((on) => actions.playback(on, this.#playing ? "pause" : "play"));
    });
    this.#play.classList.add("primary");
    this.#next = this.#button("next", "next", (on) => actions.playback(on, "next"));
    this.#repeat = iconButton(this.#repeatIcon, localize("repeat_off"), () => {
      this.#withTarget((on) => actions.mode(on, { repeat: NEXT_REPEAT[on.status?.repeat ?? "off"] }));
    });
    this.#vote = textButton("tonal vote", "", () => {
      this.#withTarget(({ id }) => actions.send({ type: "room_command", action: "skip_vote", room_id: id }));
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
    // Buttons that the role never allows are hidden, not disabled.
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
    this.#vote.hidden = room?.control !== "votes" || !itemId || !(rights.has("vote") || rights.has("playback.skip"));
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
   * @param {import("../icons.js").IconName} iconName
   * @param {import("../localize.js").TextKey} label
   * @param {(target: Target) => Promise<unknown>} act
   */
  #button(iconName, label, act) {
    return iconButton(icon(iconName), this.#context.localize(label), () => {
      this.#withTarget(act);
    });
  }

  /** @param {(target: Target) => Promise<unknown>} act */
  #withTarget(act) {
    const target = this.#target();
    if (target) {
      void act(target);
    }
  }
}
