/** Collects decoded samples into pieces of equal length, so that their buffers can be reused. */

const PIECE_SECONDS = 0.5;
/** The first piece is shorter, so that playback can start earlier. */
const FIRST_SECONDS = 0.25;

export class PieceWriter {
  /** The first frame of the current piece. */
  from = 0;
  #rate;
  #channels;
  /** @type {Float32Array[]} */
  #piece = [];
  #length = 0;
  #filled = 0;

  /**
   * @param {number} rate frames a second
   * @param {number} channels
   */
  constructor(rate, channels) {
    this.#rate = rate;
    this.#channels = channels;
  }

  /** True if the current piece has no room left. */
  get full() {
    return this.#filled === this.#length;
  }

  /**
   * Start at a frame.
   * @param {number} from
   */
  begin(from) {
    this.from = from;
    this.#allocate(FIRST_SECONDS);
  }

  /**
   * Add as many samples as the current piece has room for.
   * @param {Float32Array[]} samples of each channel
   * @param {number} start the first one to add
   * @returns {number} how many were added
   */
  add(samples, start) {
    const count = Math.min((samples[0]?.length ?? 0) - start, this.#length - this.#filled);
    this.#piece.forEach((piece, channel) => {
      piece.set(samples[channel]?.subarray(start, start + count) ?? [], this.#filled);
    });
    this.#filled += count;
    return count;
  }

  /** @returns {{from: number, channels: Float32Array[]}} the current piece; the next one begins behind it */
  take() {
    const { from } = this;
    const channels = this.full ? this.#piece : this.#piece.map((samples) => samples.slice(0, this.#filled));
    this.from += this.#filled;
    this.#allocate(PIECE_SECONDS);
    return { from, channels };
  }

  /** @param {number} seconds */
  #allocate(seconds) {
    this.#length = Math.round(seconds * this.#rate);
    this.#piece = Array.from({ length: this.#channels }, () => new Float32Array(this.#length));
    this.#filled = 0;
  }
}
