import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  ByteReader,
  Interrupted,
  RANGE_BYTES,
} from "../../../custom_components/moosicbox/frontend/player/stream/bytes.js";
import { FileServer } from "./support.js";

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

describe("bytes", () => {
  test("come in bounded ranges, and only as they are needed", async () => {
    const server = new FileServer(FILE);
    const reader = open(server);
    assert.deepEqual(await read(reader, 1_000), part(0, 1_000));
    assert.deepEqual(server.requests, [{ url: "http://hub/file", from: 0, to: RANGE_BYTES - 1 }]);
    assert.ok(server.sent <= 2 * server.chunk, "no more was taken than what was asked for");
    for (let at = 1_000; at < 2 * MIB; at += 100_000) {
      assert.deepEqual(await read(reader, 100_000), part(at, 100_000));
    }
    assert.deepEqual(
      server.requests.map(({ from, to }) => [from, to]),
      [0, 1, 2].map((index) => [index * RANGE_BYTES, (index + 1) * RANGE_BYTES - 1]),
    );
    assert.equal(reader.size, FILE.length);
  });

  test("of a whole file are held in little memory", async () => {
    const server = new FileServer(FILE, { chunk: 100_000 });
    const reader = open(server);
    let most = 0;
    for (let at = 0; at + 50_000 <= FILE.length; at += 50_000) {
      assert.deepEqual(await read(reader, 50_000), part(at, 50_000));
      most = Math.max(most, reader.held);
    }
    assert.ok(most <= MIB, `${most} bytes were held`);
  });

  test("end where the file does", async () => {
    const reader = open(new FileServer(FILE));
    reader.seek(FILE.length - 10);
    assert.equal(await reader.fill(11), false);
    assert.equal(reader.available, 10);
    assert.deepEqual(reader.bytes(10).slice(), part(FILE.length - 10, 10));
  });

  test("nearby are read over, others asked for", async () => {
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

  test("of a server that knows no ranges are read on from the beginning", async () => {
    const server = new FileServer(FILE, { ranges: false });
    const reader = open(server);
    await read(reader, 1_000);
    assert.equal(reader.seekable, false);
    reader.seek(2 * MIB);
    assert.deepEqual(await read(reader, 10), part(2 * MIB, 10));
    assert.equal(server.requests.length, 1);
    reader.seek(100);
    assert.deepEqual(await read(reader, 10), part(100, 10), "back means once more");
    assert.equal(server.requests.length, 2);
  });

  test("of a file that grows are asked for to its end", async () => {
    const server = new FileServer(FILE, { ranges: false, length: false });
    const reader = open(server, { growing: true });
    assert.deepEqual(await read(reader, 10), part(0, 10));
    assert.deepEqual(server.requests, [{ url: "http://hub/file", from: 0, to: null }]);
    assert.equal(reader.size, null);
    reader.seek(FILE.length - 5);
    assert.equal(await reader.fill(6), false);
    assert.equal(reader.size, FILE.length);
  });

  test("go on in their place after a connection broke", async () => {
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

  test("that can't be had are told after some tries", async () => {
    let tries = 0;
    const fetch = async () => {
      tries += 1;
      throw new TypeError("Failed to fetch");
    };
    await assert.rejects(open({ fetch }).fill(1), { kind: "unreachable" });
    assert.equal(tries, 4);
    await assert.rejects(open({ fetch }, { foreign: true }).fill(1), { kind: "blocked" });
    assert.equal(tries, 5, "another server won't allow it later either");
  });

  test("come from a fresh address when the old one has expired", async () => {
    const server = new FileServer(FILE);
    const fetch = async (url, options) =>
      url.includes("fresh") ? server.fetch(url, options) : new Response(null, { status: 403 });
    const reader = open({ fetch }, { renew: async () => "http://hub/fresh" });
    assert.deepEqual(await read(reader, 10), part(0, 10));
    await assert.rejects(open({ fetch }, { renew: async () => "http://hub/stale" }).fill(1), { kind: "not_found" });
  });

  test("that nobody waits for any more are given up", async () => {
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

  test("of which a header asks for too many are refused", async () => {
    await assert.rejects(open(new FileServer(FILE)).fill(2 ** 31), { kind: "unsupported" });
  });
});

function breakAfter(count) {
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
