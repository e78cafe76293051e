import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ByteReader } from "../../../custom_components/moosicbox/frontend/player/stream/bytes.js";
import {
  GROWING_RANGE_BYTES,
  Interrupted,
  RANGE_BYTES,
  StartRefused,
} from "../../../custom_components/moosicbox/frontend/player/stream/fetcher.js";
import { FileServer, breakAfter } from "./support.js";

const MIB = 1024 * 1024;
const FILE = Uint8Array.from({ length: 5 * MIB }, (_, index) => (index * 2_654_435_761) >>> 24);

function open(server, options) {
  return new ByteReader("http://hub/file", { fetch: server.fetch, sleep: async () => undefined, ...options });
}

async function read(reader, count) {
  const there = await reader.fill(count);
  const bytes = reader.bytes(Math.min(count, reader.available)).slice();
  reader.skip(bytes.length);
  return there ? bytes : null;
}

const part = (from, count) => FILE.slice(from, from + count);

describe("ByteReader", () => {
  test("fetches bounded ranges, and only as they are needed", async () => {
    const server = new FileServer(FILE);
    const reader = open(server);
    assert.deepEqual(await read(reader, 1_000), part(0, 1_000));
    assert.deepEqual(server.requests, [{ url: "http://hub/file", from: 0, to: RANGE_BYTES - 1 }]);
    assert.ok(server.sent <= 2 * server.chunk, "no more was read than needed");
    for (let at = 1_000; at < 2 * MIB; at += 100_000) {
      assert.deepEqual(await read(reader, 100_000), part(at, 100_000));
    }
    assert.deepEqual(
      server.requests.map(({ from, to }) => [from, to]),
      [0, 1, 2].map((index) => [index * RANGE_BYTES, (index + 1) * RANGE_BYTES - 1]),
    );
    assert.equal(reader.size, FILE.length);
  });

  test("needs little memory for a whole file", async () => {
    const server = new FileServer(FILE, { chunk: 100_000 });
    const reader = open(server);
    let most = 0;
    for (let at = 0; at + 50_000 <= FILE.length; at += 50_000) {
      assert.deepEqual(await read(reader, 50_000), part(at, 50_000));
      most = Math.max(most, reader.held);
    }
    assert.ok(most <= MIB, `${most} bytes were held`);
  });

  test("stops at the end of the file", async () => {
    const reader = open(new FileServer(FILE));
    reader.seek(FILE.length - 10);
    assert.equal(await reader.fill(11), false);
    assert.equal(reader.available, 10);
    assert.deepEqual(reader.bytes(10).slice(), part(FILE.length - 10, 10));
  });

  test("reads on to nearby bytes, and requests others", async () => {
    const server = new FileServer(FILE);
    const reader = open(server);
    await read(reader, 1_000);
    reader.seek(60_000);
    assert.deepEqual(await read(reader, 10), part(60_000, 10));
    assert.equal(server.requests.length, 1);
    reader.seek(3 * MIB);
    assert.deepEqual(await read(reader, 10), part(3 * MIB, 10));
    assert.deepEqual([server.requests.length, server.requests.at(-1).from], [2, 3 * MIB]);
    reader.seek(500);
    assert.deepEqual(await read(reader, 10), part(500, 10));
    assert.equal(server.requests.length, 3);
  });

  test("reads on from the beginning if the server supports no ranges", async () => {
    const server = new FileServer(FILE, { ranges: false });
    const reader = open(server);
    await read(reader, 1_000);
    assert.equal(reader.seekable, false);
    reader.seek(2 * MIB);
    assert.deepEqual(await read(reader, 10), part(2 * MIB, 10));
    assert.equal(server.requests.length, 1);
    reader.seek(100);
    assert.deepEqual(await read(reader, 10), part(100, 10), "a seek backwards reads from the beginning again");
    assert.equal(server.requests.length, 2);
  });

  test("requests a growing file up to its end", async () => {
    const server = new FileServer(FILE, { ranges: false, length: false });
    const reader = open(server, { growing: true });
    assert.deepEqual(await read(reader, 10), part(0, 10));
    assert.deepEqual(server.requests, [{ url: "http://hub/file", from: 0, to: null }]);
    assert.equal(reader.size, null);
    reader.seek(FILE.length - 5);
    assert.equal(await reader.fill(6), false);
    assert.equal(reader.size, FILE.length);
  });

  test("requests the rest of a growing file in small ranges after a broken connection", async () => {
    const complete = new FileServer(FILE);
    let isFirst = true;
    const fetch = async (url, options) => {
      if (!isFirst) {
        return complete.fetch(url, options);
      }
      isFirst = false;
      const response = await new FileServer(FILE, { ranges: false, length: false }).fetch(url, options);
      return new Response(response.body.pipeThrough(breakAfter(40_000)), response);
    };
    const reader = open({ fetch }, { growing: true });
    for (let at = 0; at < MIB; at += 30_000) {
      assert.deepEqual(await read(reader, 30_000), part(at, 30_000));
    }
    const [{ from, to }] = complete.requests;
    assert.equal(to - from + 1, GROWING_RANGE_BYTES);
  });

  test("seeks by ranges in a transcoded file that is complete", async () => {
    const server = new FileServer(FILE);
    const reader = open(server, { growing: true });
    await read(reader, 1_000);
    assert.deepEqual([reader.seekable, reader.size], [true, FILE.length]);
    reader.seek(3 * MIB);
    assert.deepEqual(await read(reader, 10), part(3 * MIB, 10));
    assert.deepEqual(
      server.requests.map(({ from }) => from),
      [0, 3 * MIB],
    );
  });

  test("continues at the same place after a broken connection", async () => {
    const server = new FileServer(FILE);
    let broken = 0;
    const fetch = async (url, options) => {
      const response = await server.fetch(url, options);
      if (broken >= 3) {
        return response;
      }
      broken += 1;
      const body = response.body.pipeThrough(breakAfter(40_000));
      return new Response(body, response);
    };
    const reader = open({ fetch });
    for (let at = 0; at < MIB; at += 30_000) {
      assert.deepEqual(await read(reader, 30_000), part(at, 30_000));
    }
    assert.equal(broken, 3);
  });

  test("fails after some tries", async () => {
    let tries = 0;
    const fetch = async () => {
      tries += 1;
      throw new TypeError("Failed to fetch");
    };
    await assert.rejects(open({ fetch }).fill(1), { kind: "unreachable" });
    assert.equal(tries, 4);
    await assert.rejects(open({ fetch }, { foreign: true }).fill(1), { kind: "blocked" });
    assert.equal(tries, 5, "another server is tried once");
  });

  test("tries for a minute once the file has begun", async () => {
    const server = new FileServer(FILE);
    const slept = [];
    let outage = false;
    const fetch = async (url, options) => {
      if (outage) {
        throw new TypeError("Failed to fetch");
      }
      return server.fetch(url, options);
    };
    const reader = open({ fetch }, { sleep: async (ms) => slept.push(ms) });
    await read(reader, RANGE_BYTES);
    outage = true;
    await assert.rejects(reader.fill(1), { kind: "unreachable" });
    assert.ok(slept.reduce((sum, ms) => sum + ms) > 55_000);
    outage = false;
    assert.deepEqual(await read(reader, 10), part(RANGE_BYTES, 10));
  });

  test("gives up a response that stalls, and requests the rest", async () => {
    const server = new FileServer(FILE);
    let first = true;
    const fetch = async (url, options) => {
      const response = await server.fetch(url, options);
      if (!first) {
        return response;
      }
      first = false;
      const sent = server.bytes.slice(0, 40_000);
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(sent);
          options.signal.addEventListener("abort", () => {
            controller.error(options.signal.reason);
          });
        },
      });
      return new Response(body, response);
    };
    const reader = open({ fetch }, { stallMs: 20 });
    assert.deepEqual(await read(reader, 30_000), part(0, 30_000));
    assert.deepEqual(await read(reader, 30_000), part(30_000, 30_000));
    assert.deepEqual(
      server.requests.map(({ from }) => from),
      [0, 40_000],
    );
  });

  test("uses a new address if the old one has expired", async () => {
    const server = new FileServer(FILE);
    const fetch = async (url, options) =>
      url.includes("fresh") ? server.fetch(url, options) : new Response(null, { status: 403 });
    const reader = open({ fetch }, { renew: async () => "http://hub/fresh" });
    assert.deepEqual(await read(reader, 10), part(0, 10));
    await assert.rejects(open({ fetch }, { renew: async () => "http://hub/stale" }).fill(1), { kind: "not_found" });
  });

  test("uses a new address each time, even if a request with the first one failed", async () => {
    const server = new FileServer(FILE);
    let expired = true;
    let renewals = 0;
    let outage = false;
    const fetch = async (url, options) => {
      if (outage) {
        outage = false;
        throw new TypeError("Failed to fetch");
      }
      return expired ? new Response(null, { status: 403 }) : server.fetch(url, options);
    };
    const renew = async () => {
      renewals += 1;
      expired = false;
      outage = renewals === 1;
      return "http://hub/fresh";
    };
    const reader = open({ fetch }, { renew });
    assert.deepEqual(await read(reader, 10), part(0, 10));
    expired = true;
    reader.seek(3 * MIB);
    assert.deepEqual(await read(reader, 10), part(3 * MIB, 10));
    assert.equal(renewals, 2);
  });

  test("can be interrupted", async () => {
    const server = new FileServer(FILE);
    let hang = true;
    const fetch = (url, options) =>
      hang
        ? new Promise((_, reject) => options.signal.addEventListener("abort", () => reject(options.signal.reason)))
        : server.fetch(url, options);
    const reader = open({ fetch });
    const waiting = reader.fill(10);
    await Promise.resolve();
    reader.interrupt();
    await assert.rejects(waiting, Interrupted);
    hang = false;
    assert.deepEqual(await read(reader, 10), part(0, 10));
  });

  test("asks a hub that starts again once more for a station, and not for a transcoded file", async () => {
    const answers = () => {
      const waiting = [new Response(null, { status: 503 }), new Response(part(0, 10))];
      return async () => waiting.shift();
    };
    const station = open({ fetch: answers() }, { growing: true, start: 0, live: true });
    assert.deepEqual(await read(station, 10), part(0, 10));
    const file = open({ fetch: answers() }, { growing: true, start: 30 });
    await assert.rejects(read(file, 10), StartRefused);
  });

  test("refuses to hold too many bytes", async () => {
    await assert.rejects(open(new FileServer(FILE)).fill(2 ** 31), { kind: "unsupported" });
  });
});
