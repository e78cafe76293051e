/** Mute button and volume slider, and the button that stops. */
import { Slider } from "../components/slider.js";
import { el, iconButton, setLabel } from "../dom.js";
import { icon, setIcon } from "../icons.js";

/** @import { AppState, Context, Target } from "../context.js" */

const STEP = 0.05;
// Fast enough to hear while dragging, far from the hub's rate limit.
const INTERVAL_MS = 100;

export class VolumeControls {
  #context;
  /** @type {Target | null} */
  #target = null;
  /** @type {Target["address"]} */
  #address = {};
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
      () => void actions.volume(this.#address, { muted: !this.#muted }),
    );
    this.#slider = new Slider({
      label: localize("volume"),
      className: "volume",
      step: STEP,
      oninput: (volume) => {
        if (performance.now() - this.#lastSent > INTERVAL_MS) {
          this.#lastSent = performance.now();
          void actions.volume(this.#address, { volume });
        }
      },
      onchange: async (volume) => void (await actions.volume(this.#address, { volume })),
    });
    this.#stop = iconButton(
      icon("stop"),
      localize("stop"),
      () => void (this.#target && actions.playback(this.#target, "stop")),
    );
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
    const { address, status, capabilities, allowed } = loudness(state, target);
    this.#address = address;
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
 * In a room one may at least turn this device up and down.
 * @param {AppState} state
 * @param {Target} target
 */
function loudness({ device }, { address, status, capabilities, rights, room }) {
  const own = device.status === "on" && room?.participants.some(({ player_id }) => player_id === device.playerId);
  return own && !rights.has("volume")
    ? { address: { player_id: device.playerId }, status: device, capabilities: null, allowed: true }
    : { address, status, capabilities, allowed: rights.has("volume") };
}
