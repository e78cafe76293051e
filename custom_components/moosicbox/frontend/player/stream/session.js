/** Decodes one item in small pieces, from any position on, and as far as it is requested. */
import { ConnectionLost, Interrupted, StartRefused } from "./fetcher.js";
import { openDecoder } from "./decoders.js";
import { openDemuxer } from "./demuxer.js";
import { StreamFault, unsupported } from "./fault.js";
import { PieceWriter } from "./piece-writer.js";
import { release } from "./release.js";
import { Resampler } from "./resampler.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./decoders.js").Decoder} Decoder */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Packets} Packets */

/**
 * The messages of a session. Frames are samples at the context's rate.
 * @typedef {{type: "opened", channels: number, duration: number | null}
 *   | {type: "piece", seek: number, from: number, channels: Float32Array[], last: boolean, exact: boolean,
 *      traffic: import("../data-saver.js").Traffic}
 *   | {type: "duration", duration: number}
 *   | {type: "failed", kind: import("./fault.js").FaultKind, message: string}} SessionMessage
 */

/**
 * @typedef {object} SessionOptions
 * @property {(start: number | null, patient: boolean) => ByteReader} openReader returns a reader of the file; of a transcoded
 *   one, from so many seconds on, unless they are null; `patient`: see `FetcherOptions`
 * @property {boolean} transcoded true if the hub transcodes the file, so that it can be read from any second on
 * @property {boolean} [live] true if it is a radio station, whose earlier sound can't be read
 * @property {import("./demuxer.js").Known} known
 * @property {number} rate of the context
 * @property {number} [phase] the fraction of a frame by which the item begins before its first frame
 * @property {import("./decoders.js").NativeDecode} native
 * @property {(message: SessionMessage) => void} send
 */

/**
 * The position at which decoding continues.
 * @typedef {object} Target
 * @property {number} seek number of the seek, which its pieces bear
 * @property {number} frame
 * @property {boolean} exactly true to read through the file rather than to estimate
 */

/** Missing samples are replaced by silence, up to this. */
const MAX_GAP_SECONDS = 10;
/** A transcoded file is read from its beginning on if the target is at most so far from it. */
const NEAR_BEGINNING_SECONDS = 3;
/** The time in front of a target that the resampler needs. */
const PRE_ROLL_SECONDS = 0.05;
/** Connections that may break without a piece in between. */
const MAX_LOST_CONNECTIONS = 3;

export class Session {
  #options;
  #reader;
  /** @type {Demuxer | null} */
  #demuxer = null;
  /** @type {Decoder | null} */
  #decoder = null;
  /** @type {Resampler | null} */
  #resampler = null;
  /** @type {PieceWriter | null} */
  #writer = null;
  /** A seek that isn't executed yet. @type {Target | null} */
  #target;
  /** Number of the last executed seek. */
  #seek = 0;
  /** Frame up to which pieces are requested. */
  #wanted = 0;
  /** True if anything behind the headers was read. */
  #hasRead = false;
  #closed = false;
  /** Position of the next sample that isn't passed on yet. */
  #cursor = 0;
  /** Seconds at which the reader's file begins. */
  #start = 0;
  /** False after the hub refused to transcode from the middle. */
  #canStartAnywhere;
  #lostConnections = 0;
  /** Traffic of earlier readers. */
  #earlier = { bytes: 0, waitedMs: 0 };
  /** @type {number | null} */
  #duration = null;
  /** @type {() => void} */
  #wake = () => undefined;

  /**
   * @param {SessionOptions} options
   * @param {{frame: number, wanted: number, exactly: boolean}} begin the first target, and the frame up to which pieces are requested
   */
  constructor(options, { frame, wanted, exactly }) {
    this.#options = options;
    this.#canStartAnywhere = options.transcoded;
    this.#target = { seek: 0, frame, exactly };
    this.#wanted = wanted;
    this.#start = this.#startFor(frame);
    this.#reader = options.openReader(this.#requestedStart, false);
    void this.#run();
  }

  /**
   * Request pieces.
   * @param {number} frame up to which they are needed
   */
  want(frame) {
    this.#wanted = frame;
    this.#wake();
  }

  /**
   * Continue elsewhere.
   * @param {Target} target
   * @param {number} wanted frame up to which pieces are needed
   */
  seek(target, wanted) {
    this.#target = target;
    this.#wanted = wanted;
    this.#reader.interrupt();
    this.#wake();
  }

  close() {
    this.#closed = true;
    this.#reader.interrupt();
    this.#wake();
  }

  async #run() {
    while (!this.#closed) {
      try {
        await this.#open();
        await this.#goToTarget();
        await this.#produce();
        while (!this.#isInterrupted()) {
          await this.#woken();
        }
      } catch (error) {
        if (!this.#recover(error)) {
          this.#fail(error);
          break;
        }
      }
    }
    this.#decoder?.free();
  }

  /** True if there is something else to do than to decode on. */
  #isInterrupted() {
    return this.#target !== null || this.#closed;
  }

  /** @returns {Promise<void>} resolves when `#wake` is called */
  #woken() {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /**
   * @param {unknown} error
   * @returns {boolean} true if the session can continue
   */
  #recover(error) {
    if (error instanceof Interrupted) {
      return true;
    }
    const target = this.#target ?? { seek: this.#seek, frame: this.#writer?.from ?? 0, exactly: true };
    if (error instanceof ConnectionLost && this.#lostConnections < MAX_LOST_CONNECTIONS) {
      this.#lostConnections += 1;
    } else if (error instanceof StartRefused && this.#options.live) {
      return false;
    } else if (error instanceof StartRefused) {
      this.#canStartAnywhere = false;
    } else {
      return false;
    }
    this.#target = target;
    this.#reopen(target.frame);
    return true;
  }

  /** @param {unknown} error */
  #fail(error) {
    const { kind, message } = faultOf(error);
    this.#options.send({ type: "failed", kind, message });
  }

  /**
   * @param {number} frame
   * @returns {number} the second from which on a transcoded file is read for that frame; 0 for other files
   */
  #startFor(frame) {
    const { rate, phase = 0, live } = this.#options;
    const seconds = (frame + phase) / rate;
    if (live) {
      return Math.max(0, Math.floor(seconds - PRE_ROLL_SECONDS));
    }
    return this.#canStartAnywhere && seconds > NEAR_BEGINNING_SECONDS ? Math.floor(seconds - PRE_ROLL_SECONDS) : 0;
  }

  /** @returns {number | null} */
  get #requestedStart() {
    return this.#options.live || this.#start > 0 ? this.#start : null;
  }

  /**
   * Replace the reader.
   * @param {number} frame the next one that is needed
   */
  #reopen(frame) {
    const { bytes, waitedMs } = this.#reader.traffic;
    this.#earlier = { bytes: this.#earlier.bytes + bytes, waitedMs: this.#earlier.waitedMs + waitedMs };
    this.#reader.interrupt();
    this.#start = this.#startFor(frame);
    this.#reader = this.#options.openReader(this.#requestedStart, this.#earlier.bytes > 0);
    this.#demuxer = null;
    this.#hasRead = false;
  }

  async #open() {
    if (this.#target && this.#canStartAnywhere && !this.#reader.seekable) {
      if (this.#hasRead || this.#startFor(this.#target.frame) !== this.#start) {
        this.#reopen(this.#target.frame);
      }
    }
    if (this.#demuxer) {
      return;
    }
    const { known, rate, phase, native, send } = this.#options;
    this.#reader.seek(0);
    const remaining = known.duration ? known.duration - this.#start : null;
    const demuxer = await openDemuxer(this.#reader, { duration: remaining });
    const { sampleRate, channels } = demuxer.setup;
    this.#decoder ??= await openDecoder(demuxer.setup, native);
    this.#resampler = new Resampler(sampleRate, rate, channels, phase);
    this.#writer = new PieceWriter(rate, channels);
    this.#demuxer = demuxer;
    const samples = demuxer.total ?? demuxer.likely;
    this.#duration = samples && this.#start + samples / sampleRate;
    send({ type: "opened", channels, duration: this.#duration });
  }

  /** The parts that exist once the file is open. */
  get #parts() {
    if (!this.#demuxer || !this.#decoder || !this.#resampler || !this.#writer) {
      throw unsupported("The file isn't open");
    }
    const total = this.#demuxer.total;
    const base = this.#start * this.#demuxer.setup.sampleRate;
    return {
      demuxer: this.#demuxer,
      decoder: this.#decoder,
      resampler: this.#resampler,
      writer: this.#writer,
      base,
      total: total === null ? Infinity : base + total,
    };
  }

  /** Execute a seek. */
  async #goToTarget() {
    const target = this.#target;
    if (!target) {
      return;
    }
    const { demuxer, resampler, writer, base } = this.#parts;
    const from = target.frame > 0 ? target.frame : 0 - resampler.ringing;
    const first = resampler.begin(from);
    // A file that was just opened is at its beginning.
    if (first > base || this.#hasRead) {
      await demuxer.seek(Math.max(0, first - base), target.exactly);
    }
    this.#hasRead = true;
    this.#cursor = first;
    writer.begin(from);
    this.#seek = target.seek;
    this.#target = this.#target === target ? null : this.#target;
  }

  async #produce() {
    const { demuxer, resampler, writer } = this.#parts;
    while (!this.#isInterrupted()) {
      if (writer.from >= this.#wanted) {
        await this.#woken();
        continue;
      }
      const packets = await demuxer.next();
      const samples = packets && (await this.#decode(packets));
      const { total } = this.#parts;
      if (this.#isInterrupted()) {
        return;
      }
      if (samples) {
        const output = resampler.push(samples);
        if (output !== samples) {
          release(...samples);
        }
        await this.#write(output);
      }
      if (!packets || this.#cursor >= total) {
        await this.#write(resampler.end(this.#cursor));
        if (!this.#target) {
          this.#sendDuration();
          this.#sendPiece(true);
        }
        return;
      }
    }
  }

  /**
   * @param {Packets} packets
   * @returns {Promise<Float32Array[] | null>} their samples from the cursor on; null if there are none
   */
  async #decode(packets) {
    const { demuxer, base, total } = this.#parts;
    if (packets.setup) {
      this.#decoder?.free();
      this.#decoder = await openDecoder(packets.setup, this.#options.native);
    }
    const samples = await this.#parts.decoder.decode(packets);
    release(...packets.data);
    const position = base + packets.at;
    const length = samples[0]?.length ?? 0;
    // The decoder's output of earlier packets precedes.
    const at = position - Math.max(0, length - packets.samples);
    const end = Math.min(at + length, base + (packets.end ?? Infinity), total);
    if (end <= this.#cursor) {
      release(...samples);
      return null;
    }
    const gap = Math.min(Math.max(0, position - this.#cursor), MAX_GAP_SECONDS * demuxer.setup.sampleRate);
    const begin = Math.max(0, this.#cursor - at, position - at);
    this.#cursor = end;
    const kept = samples.map((channel) => channel.subarray(begin, end - at));
    return gap === 0 ? kept : kept.map((channel) => withSilence(gap, channel));
  }

  /**
   * Write samples into pieces, and send those that are full.
   * @param {Float32Array[]} output
   */
  async #write(output) {
    const { writer } = this.#parts;
    const count = output[0]?.length ?? 0;
    for (let done = 0; done < count && !this.#target;) {
      done += writer.add(output, done);
      if (writer.full) {
        this.#sendPiece(false);
        // Messages are handled in between: the rest may no longer be needed.
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
    release(...output);
  }

  /** @param {boolean} last */
  #sendPiece(last) {
    const { demuxer, writer } = this.#parts;
    const { bytes, waitedMs, size } = this.#reader.traffic;
    const traffic = { bytes: this.#earlier.bytes + bytes, waitedMs: this.#earlier.waitedMs + waitedMs, size };
    this.#lostConnections = 0;
    this.#options.send({ type: "piece", seek: this.#seek, ...writer.take(), last, exact: demuxer.exact, traffic });
  }

  /** Send the real duration, which is known at the item's end. */
  #sendDuration() {
    const { demuxer } = this.#parts;
    const duration = this.#cursor / demuxer.setup.sampleRate;
    if (demuxer.exact && duration !== this.#duration) {
      this.#duration = duration;
      this.#options.send({ type: "duration", duration });
    }
  }
}

/**
 * @param {unknown} error
 * @returns {StreamFault}
 */
function faultOf(error) {
  if (error instanceof ConnectionLost) {
    return new StreamFault("unreachable", "The connection broke again and again");
  }
  return error instanceof StreamFault ? error : unsupported(String(error));
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
