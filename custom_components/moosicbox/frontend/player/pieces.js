/** The decoded sound around a place of an item: some seconds behind it and half a minute ahead, never more than so many bytes. */

/**
 * Frames are samples at the rate of the loudspeaker, counted from the item's beginning.
 * @typedef {{from: number, until: number, buffer: AudioBuffer, last: boolean}} Piece
 */

export const AHEAD_SECONDS = 30;
export const BEHIND_SECONDS = 5;
/** Of 32-bit samples, all channels. Stereo at 48 kHz takes 0.37 MiB a second. */
export const MAX_BYTES = 16 * 1024 * 1024;

export class Pieces {
  /** @type {Piece[]} in order, without gaps */
  #pieces = [];

  /** @returns {number} frame at which they begin */
  get from() {
    return this.#pieces[0]?.from ?? 0;
  }

  /** @returns {number} frame at which they end */
  get until() {
    return this.#pieces.at(-1)?.until ?? 0;
  }

  /** Whether the item ends where they do. */
  get complete() {
    return this.#pieces.at(-1)?.last ?? false;
  }

  get bytes() {
    return this.#pieces.reduce((sum, { buffer }) => sum + buffer.length * buffer.numberOfChannels * 4, 0);
  }

  /** @param {Piece} piece */
  add(piece) {
    if (this.#pieces.length > 0 && piece.from !== this.until) {
      this.clear();
    }
    this.#pieces.push(piece);
  }

  /** The item ends with what is there. */
  close() {
    const last = this.#pieces.at(-1);
    if (last) {
      last.last = true;
    }
  }

  /** @returns {Piece[]} what was there */
  clear() {
    return this.#pieces.splice(0);
  }

  /**
   * @param {number} frame
   * @returns {Piece | null}
   */
  at(frame) {
    return this.#pieces.find(({ from, until }) => frame >= from && frame < until) ?? null;
  }

  /**
   * Forgets what ends before a frame.
   * @param {number} frame
   * @returns {Piece[]} what was forgotten
   */
  dropBefore(frame) {
    const kept = this.#pieces.findIndex(({ until }) => until > frame);
    return this.#pieces.splice(0, kept < 0 ? Math.max(0, this.#pieces.length - 1) : kept);
  }
}

/**
 * @param {number} rate frames a second
 * @param {number} channels
 * @returns {{ahead: number, behind: number}} frames that may be held
 */
export function bounds(rate, channels) {
  // Whole pieces are forgotten and asked for: there may be two more.
  const most = Math.floor(MAX_BYTES / (4 * channels)) - rate;
  const behind = Math.min(BEHIND_SECONDS * rate, Math.floor(most / 6));
  return { ahead: Math.min(AHEAD_SECONDS * rate, most - behind), behind };
}

/** Most that are kept for pieces to come. */
const MAX_SPARE = 24;

/** What pieces were in and others can be: so playing makes no garbage, which browsers collect late. */
export class Buffers {
  /** @type {AudioBuffer[]} */
  #spare = [];

  /**
   * @param {number} length
   * @param {number} numberOfChannels
   * @param {number} sampleRate
   */
  take(length, numberOfChannels, sampleRate) {
    const index = this.#spare.findIndex(
      (one) => one.length === length && one.numberOfChannels === numberOfChannels && one.sampleRate === sampleRate,
    );
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    return spare ?? new AudioBuffer({ length, numberOfChannels, sampleRate });
  }

  /** @param {Piece[]} pieces that nothing plays any more */
  giveBack(pieces) {
    this.#spare.push(...pieces.map(({ buffer }) => buffer));
    this.#spare.splice(0, this.#spare.length - MAX_SPARE);
  }
}
