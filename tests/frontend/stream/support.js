/** Files made by ffmpeg, a server for them, and what a session makes of them. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { ByteReader } from "../../../custom_components/moosicbox/frontend/player/stream/bytes.js";
import { Session } from "../../../custom_components/moosicbox/frontend/player/stream/session.js";

// What gives memory back makes it unusable, as in browsers: Node 20 can't by itself.
ArrayBuffer.prototype.transfer ??= function () {
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

  /** @param {...string} args without what is always said */
  async ffmpeg(...args) {
    await run("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args], { cwd: this.#folder });
  }

  remove() {
    rmSync(this.#folder, { recursive: true });
  }
}

/** What ffmpeg makes of a file: its samples, channel by channel. Of Opus it has a decoder of its own, which is another one. */
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

/** The browser's decoder, for Node: exactly the samples of the frames. */
export async function nativeDecode(adts, _sampleRate, channels) {
  const args = ["-nostdin", "-loglevel", "error", "-f", "aac", "-i", "-", "-f", "f32le", "-"];
  return split(execFileSync("ffmpeg", args, { input: new Uint8Array(adts), maxBuffer: MAX_OUTPUT }), channels);
}

/** Answers requests of ranges, and remembers them. */
export class FileServer {
  requests = [];
  /** Bytes that were taken from it. */
  sent = 0;

  constructor(bytes, { ranges = true, chunk = 16_384, length = true } = {}) {
    Object.assign(this, { bytes, ranges, chunk, length });
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

/** A session, and the pieces that it made. */
export class Listening {
  told = [];
  #waiting = [];
  #seek = 0;

  constructor(
    server,
    { rate = 44_100, from = 0, wanted = Infinity, exactly = false, duration = null, phase = 0, reader = {} } = {},
  ) {
    this.reader = new ByteReader("http://hub/file", { fetch: server.fetch, sleep: async () => undefined, ...reader });
    const tell = (told) => {
      this.told.push(told);
      this.#waiting = this.#waiting.filter((check) => !check());
    };
    const options = { reader: this.reader, known: { duration }, rate, phase, native: nativeDecode, tell };
    this.session = new Session(options, { frame: from, wanted, exactly });
  }

  get pieces() {
    return this.told.filter(({ type, seek }) => type === "piece" && seek === this.#seek);
  }

  get failure() {
    return this.told.find(({ type }) => type === "failed") ?? null;
  }

  get duration() {
    return this.told.findLast(({ duration }) => duration !== undefined)?.duration ?? null;
  }

  seek(frame, { wanted = Infinity, exactly = true } = {}) {
    this.#seek += 1;
    this.session.seek(this.#seek, frame, wanted, exactly);
  }

  /** @returns {Promise<void>} when what was told is so */
  until(isSo) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.failure) {
          reject(new Error(`${this.failure.kind}: ${this.failure.message}`));
        } else if (!isSo()) {
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

  /** @returns {Promise<Float32Array[]>} all that sounds until the end of the item */
  async all() {
    await this.until(() => this.pieces.at(-1)?.last);
    return this.samples();
  }

  /** @returns {Float32Array[]} what is there by now; throws if it isn't without gaps */
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

/** @returns {number} the largest difference of two runs of samples */
export function difference(one, other) {
  let most = 0;
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    most = Math.max(most, Math.abs(one[index] - other[index]));
  }
  return most;
}
