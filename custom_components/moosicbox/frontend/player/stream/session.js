/** Decodes one item in small pieces, from wherever it is asked to, and no further than it is asked for. */
import { Interrupted } from "./bytes.js";
import { openDecoder } from "./decoders.js";
import { openDemuxer } from "./demuxer.js";
import { StreamFault, unsupported } from "./fault.js";
import { release } from "./release.js";
import { Resampler } from "./resampler.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./decoders.js").Decoder} Decoder */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */

/**
 * What a session tells. Frames are samples at the rate of the loudspeaker.
 * @typedef {{type: "opened", codec: string, sampleRate: number, channels: number, duration: number | null}
 *   | {type: "piece", seek: number, from: number, channels: Float32Array[], last: boolean, exact: boolean, traffic: ByteReader["traffic"]}
 *   | {type: "duration", duration: number}
 *   | {type: "failed", kind: import("./fault.js").FaultKind, message: string}} Told
 */

/**
 * @typedef {object} SessionOptions
 * @property {ByteReader} reader
 * @property {import("./demuxer.js").Known} known
 * @property {number} rate of the loudspeaker
 * @property {number} [phase] of the first frame, where the item before ended within one
 * @property {import("./decoders.js").NativeDecode} native
 * @property {(told: Told) => void} tell
 */

/** Of one size, so that what holds them can be used again. The first is small: then there is something to play at once. */
const PIECE_SECONDS = 0.5;
const FIRST_SECONDS = 0.25;
/** A damaged place is silent for its time, up to this. */
const MAX_GAP_SECONDS = 10;

export class Session {
  #options;
  /** @type {Demuxer | null} */
  #demuxer = null;
  /** @type {Decoder | null} */
  #decoder = null;
  /** @type {Resampler | null} */
  #resampler = null;
  /** Where to go on, when that was asked for. @type {{seek: number, frame: number, exactly: boolean} | null} */
  #target;
  /** Which of all seeks is carried out. */
  #seek = 0;
  #wanted = 0;
  /** Whether anything was read behind the headers. */
  #begun = false;
  #closed = false;
  /** Position in the file's samples of the next that isn't passed on yet. */
  #cursor = 0;
  /** The piece that isn't full yet. @type {Float32Array[]} */
  #piece = [];
  #filled = 0;
  /** Frame at which it begins. */
  #from = 0;
  /** @type {number | null} */
  #duration = null;
  #wake = () => {};

  /**
   * @param {SessionOptions} options
   * @param {{frame: number, wanted: number, exactly: boolean}} begin where, up to which frame, and whether not at a guess
   */
  constructor(options, { frame, wanted, exactly }) {
    this.#options = options;
    this.#target = { seek: 0, frame, exactly };
    this.#wanted = wanted;
    void this.#run();
  }

  /** @param {number} frame up to which pieces are wanted */
  want(frame) {
    this.#wanted = frame;
    this.#wake();
  }

  /**
   * Goes on elsewhere.
   * @param {number} seek its number, which all pieces from there bear
   * @param {number} frame
   * @param {number} wanted up to which frame
   * @param {boolean} exactly rather late than at a guess
   */
  seek(seek, frame, wanted, exactly) {
    this.#target = { seek, frame, exactly };
    this.#wanted = wanted;
    this.#options.reader.interrupt();
    this.#wake();
  }

  close() {
    this.#closed = true;
    this.#options.reader.interrupt();
    this.#wake();
  }

  async #run() {
    while (!this.#closed) {
      try {
        await this.#open();
        await this.#go();
        await this.#produce();
        while (!this.#target && !this.#closed) {
          await this.#woken();
        }
      } catch (error) {
        if (!(error instanceof Interrupted)) {
          this.#fail(error);
          break;
        }
      }
    }
    this.#decoder?.free();
  }

  /** @returns {Promise<void>} when there is something new to do */
  #woken() {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** @param {unknown} error */
  #fail(error) {
    const { kind, message } = error instanceof StreamFault ? error : unsupported(String(error));
    this.#options.tell({ type: "failed", kind, message });
  }

  async #open() {
    if (this.#demuxer) {
      return;
    }
    const { reader, known, rate, phase, native, tell } = this.#options;
    reader.seek(0);
    const demuxer = await openDemuxer(reader, known);
    const { codec, sampleRate, channels } = demuxer.setup;
    this.#decoder ??= await openDecoder(demuxer.setup, native);
    this.#resampler = new Resampler(sampleRate, rate, channels, phase);
    this.#demuxer = demuxer;
    const samples = demuxer.total ?? demuxer.likely;
    this.#duration = samples && samples / sampleRate;
    tell({ type: "opened", codec, sampleRate, channels, duration: this.#duration });
  }

  /** Goes to where it is wanted. */
  async #go() {
    const target = this.#target;
    if (!target) {
      return;
    }
    const [demuxer, resampler] = [/** @type {Demuxer} */ (this.#demuxer), /** @type {Resampler} */ (this.#resampler)];
    const from = target.frame > 0 ? target.frame : 0 - resampler.ringing;
    const first = resampler.begin(from);
    // A file that was just opened is at its beginning.
    if (first > 0 || this.#begun) {
      await demuxer.seek(first, target.exactly);
    }
    this.#begun = true;
    this.#cursor = first;
    this.#take(FIRST_SECONDS);
    this.#from = from;
    this.#seek = target.seek;
    this.#target = this.#target === target ? null : this.#target;
  }

  async #produce() {
    const [demuxer, resampler] = [/** @type {Demuxer} */ (this.#demuxer), /** @type {Resampler} */ (this.#resampler)];
    while (!this.#target && !this.#closed) {
      if (this.#from >= this.#wanted) {
        await this.#woken();
        continue;
      }
      const packets = await demuxer.next();
      const samples = packets && (await this.#decode(packets));
      const total = demuxer.total ?? Infinity;
      if (this.#target || this.#closed) {
        return;
      }
      if (samples) {
        const output = resampler.push(samples);
        if (output !== samples) {
          release(...samples);
        }
        await this.#pass(output);
      }
      if (!packets || this.#cursor >= total) {
        await this.#pass(resampler.end(this.#cursor));
        if (!this.#target) {
          this.#tellDuration();
          this.#tellPiece(true);
        }
        return;
      }
    }
  }

  /**
   * @param {Packets} packets
   * @returns {Promise<Float32Array[] | null>} what belongs behind the cursor
   */
  async #decode(packets) {
    const demuxer = /** @type {Demuxer} */ (this.#demuxer);
    if (packets.setup) {
      this.#decoder?.free();
      this.#decoder = await openDecoder(packets.setup, this.#options.native);
    }
    const samples = await /** @type {Decoder} */ (this.#decoder).decode(packets);
    release(...packets.data);
    // What a decoder makes of what was before comes in front.
    const at = packets.at - Math.max(0, samples[0].length - packets.samples);
    const end = Math.min(at + samples[0].length, packets.end ?? Infinity, demuxer.total ?? Infinity);
    if (end <= this.#cursor) {
      release(...samples);
      return null;
    }
    const gap = Math.min(Math.max(0, packets.at - this.#cursor), MAX_GAP_SECONDS * demuxer.setup.sampleRate);
    const begin = Math.max(0, this.#cursor - at, packets.at - at);
    this.#cursor = end;
    const kept = samples.map((channel) => channel.subarray(begin, end - at));
    return gap === 0 ? kept : kept.map((channel) => withSilence(gap, channel));
  }

  /** @param {number} seconds that the next piece has room for */
  #take(seconds) {
    const { setup } = /** @type {Demuxer} */ (this.#demuxer);
    const length = Math.round(seconds * this.#options.rate);
    this.#piece = Array.from({ length: setup.channels }, () => new Float32Array(length));
    this.#filled = 0;
  }

  /**
   * Passes on what was decoded, in pieces.
   * @param {Float32Array[]} output
   */
  async #pass(output) {
    const count = output[0].length;
    for (let done = 0; done < count && !this.#target;) {
      const room = Math.min(count - done, this.#piece[0].length - this.#filled);
      this.#piece.forEach((samples, channel) => samples.set(output[channel].subarray(done, done + room), this.#filled));
      this.#filled += room;
      done += room;
      if (this.#filled === this.#piece[0].length) {
        this.#tellPiece(false);
        this.#take(PIECE_SECONDS);
        // Lets messages in: what follows may not be wanted any more.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    release(...output);
  }

  /** @param {boolean} last */
  #tellPiece(last) {
    const { reader, tell } = this.#options;
    const { exact } = /** @type {Demuxer} */ (this.#demuxer);
    const whole = this.#filled === this.#piece[0].length;
    const channels = whole ? this.#piece : this.#piece.map((samples) => samples.slice(0, this.#filled));
    tell({ type: "piece", seek: this.#seek, from: this.#from, channels, last, exact, traffic: reader.traffic });
    this.#from += this.#filled;
  }

  /** At its end it is known how long it really is. */
  #tellDuration() {
    const demuxer = /** @type {Demuxer} */ (this.#demuxer);
    const duration = this.#cursor / demuxer.setup.sampleRate;
    if (demuxer.exact && duration !== this.#duration) {
      this.#duration = duration;
      this.#options.tell({ type: "duration", duration });
    }
  }
}

/**
 * @param {number} count
 * @param {Float32Array} samples
 */
function withSilence(count, samples) {
  const whole = new Float32Array(count + samples.length);
  whole.set(samples, count);
  return whole;
}
