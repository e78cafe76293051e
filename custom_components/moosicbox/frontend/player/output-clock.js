/** Maps local time to the audible time of the audio context, by the median of stamps, as some are wrong. Pure. */

// Long enough for a median, short enough to notice an interruption of the output soon.
const WINDOW_US = 900_000;

export class OutputClock {
  /** @type {{atUs: number, offsetUs: number}[]} */
  #stamps = [];

  /**
   * @param {number} contextTime the time of the audio context that is audible
   * @param {number} atUs the local time at which it is audible
   */
  add(contextTime, atUs) {
    if (this.#stamps.at(-1)?.atUs !== atUs) {
      const recent = this.#stamps.filter((stamp) => atUs - stamp.atUs < WINDOW_US);
      this.#stamps = [...recent, { atUs, offsetUs: atUs - contextTime * 1e6 }];
    }
  }

  /** Discard the stamps: the context was suspended or its output changed. */
  reset() {
    this.#stamps = [];
  }

  /**
   * @param {number} atUs
   * @returns {number} the context's time that is audible then; there must be a stamp
   */
  contextTimeAt(atUs) {
    const offsets = this.#stamps.map(({ offsetUs }) => offsetUs).sort((a, b) => a - b);
    return (atUs - /** @type {number} */ (offsets[offsets.length >> 1])) / 1e6;
  }
}
