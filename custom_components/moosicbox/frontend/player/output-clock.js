/** When the context's time is heard, from stamps of which now and then one is wrong: pure. */

// Long enough for a median, short enough to notice soon when the output stood still for a moment.
const WINDOW_US = 900_000;

export class OutputClock {
  /** @type {{atUs: number, offsetUs: number}[]} */
  #stamps = [];

  /**
   * @param {number} contextTime what was heard
   * @param {number} atUs when that was so
   */
  add(contextTime, atUs) {
    if (this.#stamps.at(-1)?.atUs !== atUs) {
      const recent = this.#stamps.filter((stamp) => atUs - stamp.atUs < WINDOW_US);
      this.#stamps = [...recent, { atUs, offsetUs: atUs - contextTime * 1e6 }];
    }
  }

  /** The context stood still, or goes elsewhere. */
  reset() {
    this.#stamps = [];
  }

  /**
   * @param {number} atUs
   * @returns {number} the context's time that is heard then; there must be a stamp
   */
  contextTimeAt(atUs) {
    const offsets = this.#stamps.map(({ offsetUs }) => offsetUs).sort((a, b) => a - b);
    return (atUs - /** @type {number} */ (offsets[offsets.length >> 1])) / 1e6;
  }
}
