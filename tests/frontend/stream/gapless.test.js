import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { Resampler } from "../../../custom_components/moosicbox/frontend/player/stream/resampler.js";
import { FileServer, Files, Listening, difference, joined, reference } from "./support.js";

const RATE = 44_100;
/** Lengths that are no multiples of any frame size. */
const FIRST = 4 * RATE + 1_234;
const SECOND = 3 * RATE + 567;
const EDGE = 2_500;

const files = new Files();
let whole;

before(async () => {
  // The sound continues over the cut, so that a missing or doubled sample would be noticed.
  const wave = "0.4*sin(2*PI*(220+20*sin(t))*t)|0.4*sin(2*PI*(331+10*cos(2*t))*t)";
  const source = ["-f", "lavfi", "-i", `aevalsrc='${wave}':s=${RATE}:d=8,atrim=end_sample=${FIRST + SECOND}`];
  await files.ffmpeg(...source, "-sample_fmt", "s16", "whole.wav");
  await files.ffmpeg("-i", "whole.wav", "-af", `atrim=end_sample=${FIRST}`, "1.wav");
  await files.ffmpeg("-i", "whole.wav", "-af", `atrim=start_sample=${FIRST},asetpts=N/SR/TB`, "2.wav");
  whole = reference(files.path("whole.wav"), 2);
});

after(() => files.remove());

/** Decode both halves of the album, one after the other. */
async function album(names) {
  const heard = [];
  for (const name of names) {
    const listening = new Listening(new FileServer(files.bytes(name)));
    heard.push(await listening.all());
    listening.close();
  }
  return heard;
}

/** Write an MP4 file as iTunes does: without an edit list, but with a tag that contains the priming and the number of samples. */
function withItunesTag(name, priming, total) {
  const hex = (number, digits) => number.toString(16).toUpperCase().padStart(digits, "0");
  const value = ` 00000000 ${hex(priming, 8)} ${hex(0, 8)} ${hex(total, 16)} ${" 00000000".repeat(8)}`;
  const text = (string) => Buffer.from(string, "latin1");
  const box = (type, ...content) => {
    const body = Buffer.concat(content);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, body]);
  };
  const flags = Buffer.alloc(4);
  const item = box(
    "----",
    box("mean", flags, text("com.apple.iTunes")),
    box("name", flags, text("iTunSMPB")),
    box("data", Buffer.from([0, 0, 0, 1]), flags, text(value)),
  );
  const tags = box("udta", box("meta", flags, box("ilst", item)));
  const file = Buffer.from(files.bytes(name));
  const moov = file.lastIndexOf("moov") - 4;
  assert.equal(moov + file.readUInt32BE(moov), file.length, "the table is at the end");
  file.writeUInt32BE(file.readUInt32BE(moov) + tags.length, moov);
  writeFileSync(files.path(name), Buffer.concat([file, tags]));
}

describe("no sample is lost or doubled between two tracks:", () => {
  /** Lossy encoders err more near the cut, where they see an end. One sample off would make a difference of 0.02 everywhere. */
  const check = (/** @type {Float32Array[][]} */ [first, second], near, nearCut = near) => {
    assert.equal(first[0].length, FIRST);
    assert.equal(second[0].length, SECOND);
    whole.forEach((channel, index) => {
      const heard = joined([first[index], second[index]]);
      assert.equal(heard.length, channel.length);
      for (const [from, until] of [
        [EDGE, FIRST - EDGE],
        [FIRST + EDGE, FIRST + SECOND - EDGE],
      ]) {
        const apart = difference(heard.subarray(from, until), channel.subarray(from, until));
        assert.ok(apart < near, `${apart} off`);
      }
      const apart = difference(
        heard.subarray(FIRST - EDGE, FIRST + EDGE),
        channel.subarray(FIRST - EDGE, FIRST + EDGE),
      );
      assert.ok(apart < nearCut, `${apart} off near the cut`);
    });
  };

  test("FLAC", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, `${half}.flac`);
    }
    check(await album(["1.flac", "2.flac"]), 5e-5);
  });

  test("MP3 with a LAME tag", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, "-b:a", "320k", `${half}.mp3`);
    }
    check(await album(["1.mp3", "2.mp3"]), 0.015, 0.15);
  });

  test("MP3 of a variable bit rate", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, "-q:a", "0", `v${half}.mp3`);
    }
    check(await album(["v1.mp3", "v2.mp3"]), 0.015, 0.15);
  });

  test("AAC with an edit list", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, "-c:a", "aac", "-b:a", "320k", `${half}.m4a`);
    }
    check(await album(["1.m4a", "2.m4a"]), 0.015, 0.15);
  });

  test("AAC with iTunSMPB", async () => {
    for (const half of [1, 2]) {
      const args = ["-c:a", "aac", "-b:a", "320k", "-use_editlist", "0", "-movflags", "-faststart"];
      await files.ffmpeg("-i", `${half}.wav`, ...args, `t${half}.m4a`);
      withItunesTag(`t${half}.m4a`, 1_024, half === 1 ? FIRST : SECOND);
    }
    check(await album(["t1.m4a", "t2.m4a"]), 0.015, 0.15);
  });

  test("Vorbis", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, "-c:a", "libvorbis", "-q:a", "9", `${half}.ogg`);
    }
    check(await album(["1.ogg", "2.ogg"]), 0.015, 0.15);
  });
});

describe("at another sample rate", () => {
  const TO = 48_000;

  test("two tracks sound like one", async () => {
    for (const half of [1, 2]) {
      await files.ffmpeg("-i", `${half}.wav`, `${half}.flac`);
    }
    const single = await resampled("whole.wav", 0);
    const first = await resampled("1.flac", 0);
    // The second one begins within a sample.
    const end = Math.ceil((FIRST * TO) / RATE);
    const second = await resampled("2.flac", end - (FIRST * TO) / RATE);
    const sum = new Float32Array(single.samples.length);
    const add = ({ samples, from }, at) =>
      samples.forEach((sample, index) => {
        const place = at + from + index - single.from;
        if (place >= 0 && place < sum.length) {
          sum[place] += sample;
        }
      });
    add(first, 0);
    add(second, end);
    assert.ok(difference(sum, single.samples) < 1e-4, `${difference(sum, single.samples)} off`);
    assert.ok(Math.abs(first.from) > 0 && second.from === first.from, "the resampler rings before each beginning");
  });

  async function resampled(name, phase) {
    const listening = new Listening(new FileServer(files.bytes(name)), { rate: TO, phase });
    const [samples] = await listening.all();
    listening.close();
    return { samples, from: listening.pieces[0].from };
  }

  test("samples don't depend on where decoding began", async () => {
    const listening = new Listening(new FileServer(files.bytes("whole.wav")), { rate: TO });
    const all = (await listening.all())[0].slice();
    const { from } = listening.pieces[0];
    for (const frame of [1, 48_000, 100_001]) {
      listening.seek(frame, { wanted: frame + 1 });
      await listening.until(() => listening.pieces.length > 0);
      assert.equal(difference(listening.samples()[0], all.subarray(frame - from)), 0);
    }
    listening.close();
  });

  for (const [from, to] of [
    [44_100, 48_000],
    [48_000, 44_100],
    [96_000, 48_000],
    [192_000, 44_100],
    [22_050, 48_000],
    [44_056, 48_000],
  ]) {
    test(`a tone keeps its pitch and amplitude from ${from} to ${to} Hz`, () => {
      const resampler = new Resampler(from, to, 1);
      resampler.begin(0);
      const tone = (rate) =>
        Float32Array.from({ length: rate / 2 }, (_, index) => Math.sin((2 * Math.PI * 997 * index) / rate));
      const input = tone(from);
      const output = [];
      for (let at = 0; at < input.length; at += 4_000) {
        output.push(resampler.push([input.slice(at, at + 4_000)])[0]);
      }
      const heard = joined(output);
      const middle = heard.subarray(1_000, heard.length - 1_000);
      const expected = tone(to).subarray(1_000, 1_000 + middle.length);
      // Without a common divisor, the phase is rounded to the 1024th part of a sample.
      assert.ok(difference(middle, expected) < (from === 44_056 ? 1e-3 : 1e-4), `${difference(middle, expected)} off`);
    });
  }

  test("frequencies above the new rate are removed", () => {
    const resampler = new Resampler(96_000, 48_000, 1);
    resampler.begin(0);
    const input = Float32Array.from({ length: 48_000 }, (_, index) =>
      Math.sin((2 * Math.PI * 30_000 * index) / 96_000),
    );
    const [output] = resampler.push([input]);
    assert.ok(output.subarray(500).every((sample) => Math.abs(sample) < 1e-3));
  });
});
