/** Test files made by ffmpeg, a fake server of files, and sessions that decode them. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { ByteReader } from "../../../custom_components/moosicbox/frontend/player/stream/bytes.js";
import { Session } from "../../../custom_components/moosicbox/frontend/player/stream/session.js";

// Node 20 lacks it. A buffer whose memory was freed is unusable, as in browsers.
/** @type {{transfer?: () => void}} */ (ArrayBuffer.prototype).transfer ??= function () {
  structuredClone(this, { transfer: [this] });
};

const run = promisify(execFile);
const MAX_OUTPUT = 512 * 1024 * 1024;

/** A folder for the files of a test file. */
export class Files {
  #folder = mkdtempSync(join(tmpdir(), "moosicbox-stream-"));

  path(name) {
    return join(this.#folder, name);
  }

  bytes(name) {
    return new Uint8Array(readFileSync(this.path(name)));
  }

  /** @param {...string} args without the common ones */
  async ffmpeg(...args) {
    await run("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args], { cwd: this.#folder });
  }

  remove() {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Decode a file by ffmpeg, to samples by channel. The browser's Opus decoder is libopus, not ffmpeg's own. */
export function reference(path, channels) {
  const decoder = path.endsWith(".opus") ? ["-c:a", "libopus"] : [];
  const args = ["-nostdin", "-loglevel", "error", ...decoder, "-i", path, "-f", "f32le", "-"];
  return split(execFileSync("ffmpeg", args, { maxBuffer: MAX_OUTPUT }), channels);
}

function split(output, channels) {
  const all = new Float32Array(output.buffer.slice(output.byteOffset, output.byteOffset + output.length));
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: all.length / channels }, (_sample, frame) => all[frame * channels + channel]),
  );
}

/** A stand-in for the browser's AAC decoder. */
export async function nativeDecode(adts, _sampleRate, channels) {
  const args = ["-nostdin", "-loglevel", "error", "-f", "aac", "-i", "-", "-f", "f32le", "-"];
  return split(execFileSync("ffmpeg", args, { input: new Uint8Array(adts), maxBuffer: MAX_OUTPUT }), channels);
}

/** A fake server of a file: responds to range requests, and records them. */
export class FileServer {
  requests = [];
  /** Bytes that clients have read. */
  sent = 0;

  /**
   * @param {Uint8Array} bytes
   * @param {{ranges?: boolean, chunk?: number, length?: boolean}} [options]
   */
  constructor(bytes, { ranges = true, chunk = 16_384, length = true } = {}) {
    this.bytes = bytes;
    this.ranges = ranges;
    this.chunk = chunk;
    this.length = length;
  }

  fetch = async (url, { headers, signal }) => {
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(headers.Range);
    this.requests.push({ url, from: Number(from), to: to === "" ? null : Number(to) });
    const start = this.ranges ? Number(from) : 0;
    if (start >= this.bytes.length) {
      return new Response(null, { status: 416 });
    }
    const end = this.ranges && to ? Math.min(this.bytes.length, Number(to) + 1) : this.bytes.length;
    const answer = {};
    if (this.ranges) {
      answer["content-range"] = `bytes ${start}-${end - 1}/${this.bytes.length}`;
    }
    if (this.length) {
      answer["content-length"] = String(end - start);
    }
    return new Response(this.#body(start, end, signal), { status: this.ranges ? 206 : 200, headers: answer });
  };

  #body(start, end, signal) {
    let at = start;
    return new ReadableStream(
      {
        pull: (controller) => {
          if (signal?.aborted) {
            controller.error(signal.reason);
            return;
          }
          const next = Math.min(end, at + this.chunk);
          controller.enqueue(this.bytes.slice(at, next));
          this.sent += next - at;
          at = next;
          if (at === end) {
            controller.close();
          }
        },
      },
      { highWaterMark: 0 },
    );
  }
}

/** A fake hub that transcodes a file from any second on, by ffmpeg. It has no ranges. */
export class TranscodingServer {
  /** Requested starts, in seconds; null for the beginning. */
  starts = [];
  /** True to refuse starts other than the beginning. */
  busy = false;
  /** The number of bytes after which a connection breaks; null for never. */
  breaksAfter = null;
  /** The number of requests that fail after that. */
  outage = 0;
  #broken = false;

  /**
   * @param {string} path
   * @param {string[]} args of ffmpeg, for the output
   */
  constructor(path, args) {
    this.path = path;
    this.args = args;
  }

  fetch = async (url, { headers, signal }) => {
    if (this.#broken && this.outage > 0) {
      this.outage -= 1;
      throw new TypeError("Failed to fetch");
    }
    const start = new URL(url).searchParams.get("start");
    this.starts.push(start === null ? null : Number(start));
    if (start !== null && this.busy) {
      return new Response(null, { status: 503 });
    }
    const seek = start === null ? [] : ["-ss", start];
    const args = ["-nostdin", "-loglevel", "error", ...seek, "-i", this.path, ...this.args, "-"];
    const bytes = new Uint8Array(execFileSync("ffmpeg", args, { maxBuffer: MAX_OUTPUT }));
    const response = await new FileServer(bytes, { ranges: false, length: false }).fetch(url, { headers, signal });
    if (this.breaksAfter === null) {
      return response;
    }
    const broken = response.body.pipeThrough(breakAfter(this.breaksAfter));
    this.breaksAfter = null;
    this.#broken = true;
    return new Response(broken, response);
  };
}

/** @param {number} count bytes after which a stream fails */
export function breakAfter(count) {
  let passed = 0;
  return new TransformStream({
    transform(chunk, controller) {
      passed += chunk.length;
      if (passed > count) {
        controller.error(new TypeError("network error"));
      } else {
        controller.enqueue(chunk);
      }
    },
  });
}

/** A session, and its messages. */
export class Listening {
  messages = [];
  /** Seconds from which on a reader was opened, of all readers. */
  starts = [];
  #waiting = [];
  #seek = 0;

  constructor(
    server,
    {
      rate = 44_100,
      from = 0,
      wanted = Infinity,
      exactly = false,
      duration = null,
      phase = 0,
      transcoded = false,
      live = false,
      reader = {},
    } = {},
  ) {
    const openReader = (start, patient) => {
      this.starts.push(start);
      const options = {
        fetch: server.fetch,
        sleep: async () => undefined,
        growing: transcoded,
        start,
        patient: patient || undefined,
        ...reader,
      };
      return new ByteReader("http://hub/file", options);
    };
    const send = (message) => {
      this.messages.push(message);
      this.#waiting = this.#waiting.filter((check) => !check());
    };
    const options = { openReader, transcoded, live, known: { duration }, rate, phase, native: nativeDecode, send };
    this.session = new Session(options, { frame: from, wanted, exactly });
  }

  get pieces() {
    return this.messages.filter(({ type, seek }) => type === "piece" && seek === this.#seek);
  }

  get failure() {
    return this.messages.find(({ type }) => type === "failed") ?? null;
  }

  get duration() {
    return this.messages.findLast(({ duration }) => duration !== undefined)?.duration ?? null;
  }

  seek(frame, { wanted = Infinity, exactly = true } = {}) {
    this.#seek += 1;
    this.session.seek({ seek: this.#seek, frame, exactly }, wanted);
  }

  /** @returns {Promise<void>} resolves when the messages fulfil a condition; rejects if the session fails */
  until(isFulfilled) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.failure) {
          reject(new Error(`${this.failure.kind}: ${this.failure.message}`));
        } else if (!isFulfilled()) {
          return false;
        } else {
          resolve();
        }
        return true;
      };
      if (!check()) {
        this.#waiting.push(check);
      }
    });
  }

  /** @returns {Promise<Float32Array[]>} the samples up to the end of the item */
  async all() {
    await this.until(() => this.pieces.at(-1)?.last);
    return this.samples();
  }

  /** @returns {Float32Array[]} the samples so far. Throws if there is a gap */
  samples() {
    const { pieces } = this;
    let next = pieces[0].from;
    for (const { from, channels } of pieces) {
      if (from !== next) {
        throw new Error(`A piece begins at ${from}, the one before ended at ${next}`);
      }
      next += channels[0].length;
    }
    return pieces[0].channels.map((_, channel) => joined(pieces.map(({ channels }) => channels[channel])));
  }

  close() {
    this.session.close();
  }
}

export function joined(arrays) {
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

/** @returns {number} the largest difference between two series of samples */
export function difference(one, other) {
  let most = 0;
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    most = Math.max(most, Math.abs(one[index] - other[index]));
  }
  return most;
}
