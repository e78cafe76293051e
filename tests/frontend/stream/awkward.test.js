import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { FileServer, Files, Listening, difference, reference } from "./support.js";

const RATE = 44_100;
const SECONDS = 20;

const files = new Files();
let source;

before(async () => {
  const noise = (seed) => ["-f", "lavfi", "-i", `anoisesrc=c=pink:a=0.4:r=${RATE}:d=${SECONDS}:seed=${seed}`];
  await files.ffmpeg(...noise(1), "-ac", "2", "-sample_fmt", "s16", "source.wav");
  source = reference(files.path("source.wav"), 2)[0];
});

after(() => files.remove());

function listen(bytes, options) {
  const server = new FileServer(bytes, options?.server);
  return { server, listening: new Listening(server, { duration: SECONDS, ...options }) };
}

const concat = (...parts) => new Uint8Array(Buffer.concat(parts));

/** An ID3 tag of some size. */
function id3(size) {
  const tag = new Uint8Array(10 + size);
  tag.set([0x49, 0x44, 0x33, 4, 0, 0, (size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127]);
  return tag;
}

describe("odd files:", () => {
  test("FLAC behind ID3 tags, with a picture that isn't fetched", async () => {
    await files.ffmpeg("-i", "source.wav", "plain.flac");
    const bytes = concat(id3(3_000_000), id3(50), files.bytes("plain.flac"));
    const { server, listening } = listen(bytes, { wanted: RATE });
    await listening.until(() => listening.pieces.length >= 2);
    assert.ok(difference(listening.samples()[0], source) < 2e-5);
    assert.ok(server.sent < 2_000_000, `${server.sent} bytes were sent`);
    listening.seek(15 * RATE, { wanted: 15 * RATE + 1 });
    await listening.until(() => listening.pieces.length >= 1);
    assert.ok(difference(listening.samples()[0], source.subarray(15 * RATE)) < 2e-5);
    listening.close();
  });

  test("MP3 with a variable bit rate without a header, with seeks in both directions", async () => {
    await files.ffmpeg("-i", "source.wav", "-q:a", "4", "-write_xing", "0", "-id3v2_version", "0", "bare.mp3");
    const expected = reference(files.path("bare.mp3"), 2)[0];
    const { listening } = listen(files.bytes("bare.mp3"));
    assert.ok(difference((await listening.all())[0], expected) < 1e-5);
    for (const seconds of [15, 2, 19]) {
      listening.seek(seconds * RATE, { wanted: seconds * RATE + 1 });
      await listening.until(() => listening.pieces.length >= 1);
      assert.ok(difference(listening.samples()[0], expected.subarray(seconds * RATE)) < 1e-5);
    }
    listening.close();
  });

  test("MP3 whose first frames have the same bit rate, unlike the others", async () => {
    const silence = ["-f", "lavfi", "-i", `anullsrc=r=${RATE}:cl=stereo:d=5`];
    const graph = ["-filter_complex", "[0][1]concat=n=2:v=0:a=1"];
    await files.ffmpeg(
      ...silence,
      "-i",
      "source.wav",
      ...graph,
      "-q:a",
      "2",
      "-write_xing",
      "0",
      "-id3v2_version",
      "0",
      "late.mp3",
    );
    const expected = reference(files.path("late.mp3"), 2)[0];
    const { listening } = listen(files.bytes("late.mp3"), {
      from: 12 * RATE,
      wanted: 12 * RATE + 1,
      exactly: true,
      duration: 25,
    });
    await listening.until(() => listening.pieces.length >= 1);
    assert.ok(difference(listening.samples()[0], expected.subarray(12 * RATE)) < 1e-5);
    listening.close();
  });

  test("MP3 with tags in front and behind", async () => {
    await files.ffmpeg(
      "-i",
      "source.wav",
      "-b:a",
      "128k",
      "-id3v2_version",
      "3",
      "-metadata",
      "title=Noise",
      "-write_id3v1",
      "1",
      "tagged.mp3",
    );
    const { listening } = listen(files.bytes("tagged.mp3"));
    assert.equal((await listening.all())[0].length, source.length);
    listening.close();
  });

  for (const [kind, args] of [
    ["Opus", ["-c:a", "libopus"]],
    ["Vorbis", ["-c:a", "libvorbis"]],
    ["FLAC", ["-c:a", "flac"]],
  ]) {
    test(`Ogg ${kind}, three streams in a chain`, async () => {
      const rate = kind === "Opus" ? 48_000 : RATE;
      const links = [];
      const expected = [];
      for (const [index, [from, length]] of [
        [0, 5.3],
        [5.3, 6.1],
        [11.4, 4],
      ].entries()) {
        const name = `link-${index}.${kind === "Opus" ? "opus" : "ogg"}`;
        // Each stream has a serial number of its own.
        const part = ["-ss", String(from), "-t", String(length), "-i", "source.wav", ...args];
        await files.ffmpeg(...part, "-serial_offset", String(index + 1), name);
        links.push(files.bytes(name));
        expected.push(reference(files.path(name), 2)[0]);
      }
      const chain = concat(...links);
      const all = new Float32Array(expected.reduce((sum, { length }) => sum + length, 0));
      expected.reduce((at, samples) => (all.set(samples, at), at + samples.length), 0);
      const { listening } = listen(chain, { rate, duration: 15.4 });
      const [heard] = await listening.all();
      assert.equal(heard.length, all.length);
      assert.ok(difference(heard, all) < 2e-4);
      for (const seconds of [8, 2, 14, 5.25]) {
        const frame = Math.round(seconds * rate);
        listening.seek(frame, { wanted: frame + 1 });
        await listening.until(() => listening.pieces.length >= 1);
        assert.ok(difference(listening.samples()[0], all.subarray(frame)) < 2e-4, `from ${seconds} s on`);
      }
      listening.close();

      const late = listen(chain, { rate, duration: 15.4, from: 13 * rate, wanted: 13 * rate + 1 }).listening;
      await late.until(() => late.pieces.length >= 1);
      assert.ok(difference(late.samples()[0], all.subarray(13 * rate)) < 2e-4, "from the last stream on");
      late.close();
    });
  }

  test("Ogg Vorbis with a picture in its comment", async () => {
    const picture = "A".repeat(300_000);
    await files.ffmpeg(
      "-i",
      "source.wav",
      "-c:a",
      "libvorbis",
      "-metadata",
      `METADATA_BLOCK_PICTURE=${picture.slice(0, 100_000)}`,
      "picture.ogg",
    );
    const { listening } = listen(files.bytes("picture.ogg"), { wanted: RATE });
    await listening.until(() => listening.pieces.length >= 1);
    assert.ok(difference(listening.samples()[0], reference(files.path("picture.ogg"), 2)[0]) < 1e-5);
    listening.close();
  });

  test("WAV without its size, as streams are written", async () => {
    const bytes = files.bytes("source.wav").slice();
    const data = Buffer.from(bytes.buffer);
    const at = data.indexOf("data");
    data.writeUInt32LE(0xffff_ffff, at + 4);
    const { listening } = listen(bytes);
    assert.equal((await listening.all())[0].length, source.length);
    listening.close();
  });

  test("FLAC without its end", async () => {
    await files.ffmpeg("-i", "source.wav", "whole.flac");
    const bytes = files.bytes("whole.flac");
    const { listening } = listen(bytes.slice(0, bytes.length / 2));
    const [heard] = await listening.all();
    assert.ok(heard.length > 8 * RATE && heard.length < 12 * RATE);
    assert.equal(listening.duration, heard.length / RATE);
    listening.close();
  });

  test("FLAC with a damaged part, which is replaced by silence", async () => {
    await files.ffmpeg("-i", "source.wav", "holed.flac");
    const bytes = files.bytes("holed.flac").slice();
    const middle = Math.floor(bytes.length / 2);
    bytes.fill(0, middle, middle + 40_000);
    const { listening } = listen(bytes);
    const [heard] = await listening.all();
    assert.equal(heard.length, source.length);
    assert.ok(difference(heard.subarray(15 * RATE), source.subarray(15 * RATE)) < 2e-5);
    listening.close();
  });
});

describe("unsupported files are reported:", () => {
  const fails = async (bytes, kind = "unsupported") => {
    const { listening } = listen(bytes);
    await assert.rejects(listening.all(), new RegExp(`^Error: ${kind}`));
  };

  test("no audio", () => fails(new TextEncoder().encode("<!doctype html>".repeat(1_000))));
  test("an empty file", () => fails(new Uint8Array()));
  test("ALAC", async () => {
    await files.ffmpeg("-i", "source.wav", "-c:a", "alac", "lossless.m4a");
    await fails(files.bytes("lossless.m4a"));
  });
  test("MP4 in fragments", async () => {
    await files.ffmpeg(
      "-i",
      "source.wav",
      "-c:a",
      "aac",
      "-t",
      "5",
      "-movflags",
      "+frag_keyframe+empty_moov",
      "-frag_duration",
      "1000000",
      "fragments.m4a",
    );
    await fails(files.bytes("fragments.m4a"));
  });
  test("FLAC without the end of its header", async () => {
    await files.ffmpeg("-i", "source.wav", "cut.flac");
    await fails(files.bytes("cut.flac").slice(0, 30));
  });
  for (let seed = 1; seed <= 4; seed += 1) {
    test(`damaged headers, ${seed}`, async () => {
      await files.ffmpeg("-i", "source.wav", "-c:a", "aac", "-t", "2", "bent.m4a");
      const bytes = files.bytes("bent.m4a").slice();
      let state = seed;
      const random = (most) => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % most;
      for (let count = 0; count < 30; count += 1) {
        bytes[bytes.length - 1 - random(1_500)] = random(256);
      }
      const { listening } = listen(bytes);
      // The session must end, and report nothing but a fault of the stream.
      await listening
        .until(() => listening.pieces.at(-1)?.last)
        .catch((error) => assert.match(error.message, /^unsupported/));
      listening.close();
    });
  }
});
