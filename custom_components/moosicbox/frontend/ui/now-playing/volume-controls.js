/** The mute button, the volume slider and the stop button. */
import { Slider } from "../components/slider.js";
import { el, iconButton, setLabel } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

const STEP = 0.05;
// While the slider is dragged: often enough to hear it, and far below the hub's rate limit.
const SEND_INTERVAL_MS = 100;

export class VolumeControls {
  #context;
  /** @type {Target | null} */
  #target = null;
  /** @type {Target["contextIds"]} */
  #contextIds = {};
  #muted = false;
  #icon = icon("volume");
  #button;
  #slider;
  #stop;
  #lastSent = 0;
  element;

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    const { actions, localize } = context;
    this.#button = iconButton(
      this.#icon,
      localize("mute"),
      () => void actions.volume(this.#contextIds, { muted: !this.#muted }),
    );
    this.#slider = new Slider({
      label: localize("volume"),
      className: "volume",
      step: STEP,
      oninput: (volume) => {
        if (performance.now() - this.#lastSent > SEND_INTERVAL_MS) {
          this.#lastSent = performance.now();
          void actions.volume(this.#contextIds, { volume });
        }
      },
      onchange: async (volume) => {
        await actions.volume(this.#contextIds, { volume });
      },
    });
    this.#stop = iconButton(icon("stop"), localize("stop"), () => {
      if (this.#target) {
        void actions.playback(this.#target, "stop");
      }
    });
    this.element = el("div", { class: "volume-row" }, this.#button, this.#slider.element, this.#stop);
  }

  /**
   * @param {AppState} state
   * @param {Target} target
   * @param {boolean} usable
   */
  render(state, target, usable) {
    this.#target = target;
    const { localize } = this.#context;
    const { contextIds, status, capabilities, allowed } = volumeTarget(state, target);
    this.#contextIds = contextIds;
    this.#muted = status?.muted ?? false;
    setIcon(this.#icon, this.#muted ? "muted" : "volume");
    setLabel(this.#button, localize(this.#muted ? "unmute" : "mute"));
    const disabled = !usable || !allowed || !(capabilities?.includes("volume") ?? true);
    this.#button.disabled = disabled;
    this.#slider.render({ value: status?.volume ?? 0, max: 1, disabled });
    this.#slider.describe(`${Math.round(this.#slider.value * 100)} %`);
    this.element.hidden = !allowed;
    this.#stop.hidden = !target.rights.has("playback.control");
    this.#stop.disabled = !usable || !target.status?.current_track;
  }
}

/**
 * Return the volume to control: in a room, users without the right to set its volume control that of their own device.
 * @param {AppState} state
 * @param {Target} target
 */
function volumeTarget({ device }, { contextIds, status, capabilities, rights, room }) {
  const isParticipant =
    device.status === "on" && room?.participants.some(({ player_id }) => player_id === device.playerId);
  return isParticipant && !rights.has("volume")
    ? { contextIds: { player_id: device.playerId }, status: device, capabilities: null, allowed: true }
    : { contextIds, status, capabilities, allowed: rights.has("volume") };
}
