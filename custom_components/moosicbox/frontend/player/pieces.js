/** The decoded sound around a position of an item: some seconds behind it and half a minute ahead, bounded in bytes. */

/**
 * Frames are samples at the context's rate, counted from the item's beginning.
 * @typedef {{from: number, until: number, buffer: AudioBuffer, last: boolean}} Piece
 */

export const AHEAD_SECONDS = 30;
export const BEHIND_SECONDS = 5;
/** Bytes of 32-bit samples of all channels. Stereo at 48 kHz takes 0.37 MiB a second. */
export const MAX_BYTES = 16 * 1024 * 1024;

export class Pieces {
  /** In order, without gaps. @type {Piece[]} */
  #pieces = [];

  /** @returns {number} the first frame */
  get from() {
    return this.#pieces[0]?.from ?? 0;
  }

  /** @returns {number} the frame behind the last one */
  get until() {
    return this.#pieces.at(-1)?.until ?? 0;
  }

  /** True if the last piece is the item's end. */
  get complete() {
    return this.#pieces.at(-1)?.last ?? false;
  }

  get bytes() {
    return this.#pieces.reduce((sum, { buffer }) => sum + buffer.length * buffer.numberOfChannels * 4, 0);
  }

  /**
   * Add a piece. If it doesn't follow the others, they are dropped.
   * @param {Piece} piece
   */
  add(piece) {
    if (this.#pieces.length > 0 && piece.from !== this.until) {
      this.clear();
    }
    this.#pieces.push(piece);
  }

  /** Mark the last piece as the item's end. */
  close() {
    const last = this.#pieces.at(-1);
    if (last) {
      last.last = true;
    }
  }

  /** @returns {Piece[]} the removed pieces */
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
   * Remove the pieces that end before a frame.
   * @param {number} frame
   * @returns {Piece[]} the removed pieces
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
  // Whole pieces are dropped and requested, so there may be two more.
  const most = Math.floor(MAX_BYTES / (4 * channels)) - rate;
  const behind = Math.min(BEHIND_SECONDS * rate, Math.floor(most / 6));
  return { ahead: Math.min(AHEAD_SECONDS * rate, most - behind), behind };
}

const MAX_SPARE = 24;

/** A pool of audio buffers. Browsers collect unused ones late, so memory would grow with new ones. */
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

  /** @param {Piece[]} pieces that are no longer played */
  giveBack(pieces) {
    this.#spare.push(...pieces.map(({ buffer }) => buffer));
    this.#spare.splice(0, this.#spare.length - MAX_SPARE);
  }
}
