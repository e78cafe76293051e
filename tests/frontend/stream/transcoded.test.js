import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Files, Listening, TranscodingServer, difference, reference } from "./support.js";

const RATE = 44_100;
const SECONDS = 60;
const FLAC = ["-map_metadata", "-1", "-c:a", "flac", "-f", "flac"];
const OPUS = ["-c:a", "libopus", "-b:a", "160k", "-f", "ogg"];

const files = new Files();
let source;

before(async () => {
  const noise = `anoisesrc=c=pink:a=0.4:r=${RATE}:d=${SECONDS}:seed=3`;
  await files.ffmpeg("-f", "lavfi", "-i", noise, "-ac", "2", "-sample_fmt", "s16", "source.wav");
  [source] = reference(files.path("source.wav"), 2);
});

after(() => {
  files.remove();
});

function listen(args, options) {
  const server = new TranscodingServer(files.path("source.wav"), args);
  return { server, listening: new Listening(server, { transcoded: true, duration: SECONDS, ...options }) };
}

/** Assert that the samples since the last seek are those of the source. */
function assertSource(listening, frame) {
  const [samples] = listening.samples();
  assert.ok(samples.length > 0);
  assert.ok(difference(samples, source.subarray(frame)) < 5e-5);
}

describe("a file that the hub transcodes", () => {
  test("is read from its beginning first", async () => {
    const { server, listening } = listen(FLAC);
    const [samples] = await listening.all();
    assert.equal(samples.length, source.length);
    assert.deepEqual(server.starts, [null]);
    listening.close();
  });

  test("is transcoded from the position of a seek on, to the sample, by one request", async () => {
    const { server, listening } = listen(FLAC, { wanted: RATE });
    await listening.until(() => listening.pieces.length > 1);
    for (const [seconds, start] of [
      [40.3, 40],
      [20.01, 19],
      [55, 54],
      [1.5, null],
    ]) {
      server.starts.length = 0;
      const frame = Math.round(seconds * RATE);
      listening.seek(frame, { wanted: frame + RATE });
      await listening.until(() => listening.pieces.length > 1);
      assert.equal(listening.pieces[0].from, frame);
      assertSource(listening, frame);
      assert.deepEqual(server.starts, [start]);
    }
    listening.close();
  });

  test("ends at the same sample wherever it is read from", async () => {
    const frame = 50 * RATE + 123;
    const { listening } = listen(FLAC, { from: frame });
    const [samples] = await listening.all();
    assert.equal(samples.length, source.length - frame);
    assertSource(listening, frame);
    listening.close();
  });

  test("can be Opus, at the right position", async () => {
    const rate = 48_000;
    const frame = 30 * rate + 5_000;
    const { listening } = listen(OPUS, { rate, from: frame, wanted: frame + 2 * rate });
    await listening.until(() => listening.pieces.length > 3);
    await files.ffmpeg("-i", "source.wav", "-ar", "48000", "48.wav");
    const expected = reference(files.path("48.wav"), 2)[0].subarray(frame);
    const [samples] = listening.samples();
    // A lossy codec changes the samples, but at the right position they correlate more than anywhere else.
    const correlation = (shift) =>
      samples.subarray(2_000, 40_000).reduce((sum, sample, index) => sum + sample * expected[2_000 + index + shift], 0);
    for (const shift of [-3, -2, -1, 1, 2, 3]) {
      assert.ok(correlation(0) > correlation(shift), `it is ${shift} samples off`);
    }
    listening.close();
  });

  test("is read from its beginning if the hub is too busy to transcode from the middle", async () => {
    const { server, listening } = listen(FLAC, { wanted: RATE });
    server.busy = true;
    await listening.until(() => listening.pieces.length > 1);
    const frame = 30 * RATE;
    listening.seek(frame, { wanted: frame + RATE });
    await listening.until(() => listening.pieces.length > 1);
    assertSource(listening, frame);
    assert.deepEqual(server.starts, [null, 29, null]);
    listening.close();
  });

  test("continues from the middle after a broken connection", async () => {
    const { server, listening } = listen(FLAC, { from: 10 * RATE, wanted: 0 });
    server.breaksAfter = 300_000;
    listening.session.want(50 * RATE);
    await listening.until(() => listening.pieces.length > 0 && listening.pieces.at(-1).from > 40 * RATE);
    assertSource(listening, 10 * RATE);
    assert.equal(server.starts.length, 2);
    assert.ok(server.starts[1] > server.starts[0]);
    listening.close();
  });

  test("continues from the middle after an outage", async () => {
    const { server, listening } = listen(FLAC, { from: 10 * RATE, wanted: 0 });
    server.breaksAfter = 300_000;
    server.outage = 8;
    listening.session.want(50 * RATE);
    await listening.until(() => listening.pieces.length > 0 && listening.pieces.at(-1).from > 40 * RATE);
    assertSource(listening, 10 * RATE);
    assert.equal(server.starts.length, 2);
    assert.ok(server.starts[1] > server.starts[0]);
    listening.close();
  });

  test("is requested from its position on if it is a station, also near its beginning", async () => {
    const { server, listening } = listen(FLAC, { from: 2 * RATE, wanted: 3 * RATE, live: true, duration: null });
    await listening.until(() => listening.pieces.length > 1);
    assertSource(listening, 2 * RATE);
    const frame = 30 * RATE;
    listening.seek(frame, { wanted: frame + RATE });
    await listening.until(() => listening.pieces.length > 1);
    assertSource(listening, frame);
    assert.deepEqual(server.starts, [1, 29]);
    listening.close();
  });

  test("can't be reached if its connections break again and again", async () => {
    let connections = 0;
    const fetch = async () => {
      connections += 1;
      const chunks = [new TextEncoder().encode("fLaC")];
      const pull = (controller) => {
        const chunk = chunks.shift();
        if (chunk) {
          controller.enqueue(chunk);
        } else {
          controller.error(new TypeError("network error"));
        }
      };
      return new Response(new ReadableStream({ pull }));
    };
    const listening = new Listening({ fetch }, { transcoded: true, duration: SECONDS, from: 30 * RATE });
    await assert.rejects(
      listening.until(() => false),
      /^Error: unreachable/,
    );
    assert.equal(connections, 4);
  });
});
