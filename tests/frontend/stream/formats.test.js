import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { FileServer, Files, Listening, difference, reference } from "./support.js";

const SECONDS = 31.777;
const RATE = 44_100;
/** For each file: ffmpeg's arguments, and the largest difference from ffmpeg's own decoder. */
const FORMATS = {
  "plain.flac": { args: [], near: 2e-5 },
  "deep.flac": { args: ["-sample_fmt", "s32"], near: 1e-6 },
  "constant.mp3": { args: ["-b:a", "192k"], near: 1e-5 },
  "variable.mp3": { args: ["-q:a", "3"], near: 1e-5 },
  "low.mp3": { args: ["-ar", "22050", "-b:a", "48k"], near: 1e-5, rate: 22_050 },
  "bare.mp3": { args: ["-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"], near: 1e-5, untrimmed: true },
  "aac.m4a": { args: ["-c:a", "aac", "-aac_pns", "0"], near: 1e-6, seconds: 6.345 },
  "fast.m4a": { args: ["-c:a", "aac", "-aac_pns", "0", "-movflags", "+faststart"], near: 1e-6, seconds: 5.432 },
  "small.opus": { args: ["-c:a", "libopus", "-b:a", "96k"], near: 1e-4, rate: 48_000 },
  "mono.opus": { args: ["-c:a", "libopus", "-b:a", "48k", "-ac", "1"], near: 1e-4, rate: 48_000, channels: 1 },
  "vorbis.ogg": { args: ["-c:a", "libvorbis"], near: 1e-5 },
  "flac.oga": { args: ["-c:a", "flac"], near: 2e-5 },
  "plain.wav": { args: [], near: 0 },
  "deep.wav": { args: ["-c:a", "pcm_s24le"], near: 1e-7 },
  "float.wav": { args: ["-c:a", "pcm_f32le"], near: 0 },
  "plain.aiff": { args: [], near: 0 },
};

const files = new Files();

before(async () => {
  const noise = (seed) => ["-f", "lavfi", "-i", `anoisesrc=c=pink:a=0.4:r=${RATE}:d=${SECONDS}:seed=${seed}`];
  const join = "[0][1]join=inputs=2:channel_layout=stereo,aformat=sample_fmts=s16";
  await files.ffmpeg(...noise(1), ...noise(2), "-filter_complex", join, "source.wav");
  for (const [name, { args, seconds = SECONDS }] of Object.entries(FORMATS)) {
    await files.ffmpeg("-t", String(seconds), "-i", "source.wav", "-map_metadata", "-1", ...args, name);
  }
});

after(() => files.remove());

describe("whole files, and seeks, exact to the sample:", () => {
  for (const [
    name,
    { near, rate = RATE, channels = 2, seconds: length = SECONDS, untrimmed = false },
  ] of Object.entries(FORMATS)) {
    test(name, async () => {
      const expected = reference(files.path(name), channels);
      const server = new FileServer(files.bytes(name));
      const listening = new Listening(server, { rate, duration: length });
      const heard = await listening.all();
      assert.equal(heard.length, channels);
      const samples = untrimmed ? expected[0].length : Math.round(length * rate);
      assert.ok(Math.abs(heard[0].length - samples) <= 1, `${heard[0].length} samples instead of ${samples}`);
      assert.equal(listening.duration, heard[0].length / rate);
      heard.forEach((one, channel) => assert.ok(difference(one, expected[channel]) <= near));

      for (const seconds of [0, 0.02, 0.5, 0.1, 0.9, 0.2].map((part) => part * length)) {
        const before = server.requests.length;
        const frame = Math.round(seconds * rate);
        listening.seek(frame, { wanted: frame + rate });
        await listening.until(() => listening.pieces.length >= 2);
        const [begun] = listening.pieces;
        assert.equal(begun.from, frame);
        const part = listening.samples()[0];
        const apart = difference(part, expected[0].subarray(frame));
        assert.ok(apart <= near, `the difference from ${seconds} s on is ${apart}`);
        assert.ok(server.requests.length - before <= 1, "one request for a seek");
      }
      listening.close();
    });
  }
});

describe("a seek in a file of which only the headers are known takes few requests:", () => {
  for (const name of ["plain.flac", "constant.mp3", "variable.mp3", "small.opus", "vorbis.ogg", "plain.wav"]) {
    test(name, async () => {
      const { rate = RATE, channels = 2, near } = FORMATS[name];
      const server = new FileServer(files.bytes(name));
      const from = Math.round(25.5 * rate);
      const listening = new Listening(server, { rate, duration: SECONDS, from, wanted: from + rate });
      await listening.until(() => listening.pieces.length >= 2);
      const expected = reference(files.path(name), channels)[0].subarray(from);
      // Without an index, a position in a variable bit rate is estimated, and marked so.
      const guessed = listening.pieces[0].exact === false;
      assert.equal(guessed, name === "variable.mp3");
      assert.ok(guessed || difference(listening.samples()[0], expected) <= near);
      assert.ok(server.requests.length <= 4, `${server.requests.length} requests`);
      listening.close();
    });
  }

  test("a file with a variable bit rate is read through if the position must be exact", async () => {
    const server = new FileServer(files.bytes("variable.mp3"));
    const from = Math.round(25.5 * RATE);
    const listening = new Listening(server, { duration: SECONDS, from, wanted: from + RATE, exactly: true });
    await listening.until(() => listening.pieces.length >= 2);
    assert.equal(listening.pieces[0].exact, true);
    const expected = reference(files.path("variable.mp3"), 2)[0].subarray(from);
    assert.ok(difference(listening.samples()[0], expected) <= 1e-5);
    listening.close();
  });
});
