/** Details of the current track, such as its lyrics: requested when the track changes, and again on the next connection after a failure. */

import { HubError } from "../../client/index.js";

/** @typedef {"loading" | "loaded" | "failed"} State */

/** @template Details */
export class TrackDetails {
  #request;
  #onchange;
  /** @type {string | null} */
  #trackId = null;
  #connected = false;
  /** @type {State} */
  #state = "loading";

  /**
   * @param {(trackId: string) => Promise<Details>} request
   * @param {(state: State, details?: Details) => void} onchange `details`: undefined if the hub doesn't know the track any more
   */
  constructor(request, onchange) {
    this.#request = request;
    this.#onchange = onchange;
  }

  /**
   * Follow the current track.
   * @param {string | null} trackId
   * @param {boolean} connected
   */
  follow(trackId, connected) {
    const isBack = connected && !this.#connected;
    this.#connected = connected;
    if (trackId !== this.#trackId || (this.#state === "failed" && isBack)) {
      this.#trackId = trackId;
      this.#set("loading");
      if (trackId !== null) {
        void this.#load(trackId);
      }
    }
  }

  /** @param {string} trackId */
  async #load(trackId) {
    /** @type {Details | undefined} */
    let details;
    /** @type {State} */
    let state = "loaded";
    try {
      details = await this.#request(trackId);
    } catch (error) {
      state = error instanceof HubError && error.errorType === "track_not_found" ? "loaded" : "failed";
    }
    if (trackId === this.#trackId) {
      this.#set(state, details);
    }
  }

  /**
   * @param {State} state
   * @param {Details} [details]
   */
  #set(state, details) {
    this.#state = state;
    this.#onchange(state, details);
  }
}
