/** Ogg: pages of Opus, Vorbis or FLAC, in one stream or in several chained to each other. */
import { unsupported } from "./fault.js";
import { packetReader } from "./ogg-codecs.js";
import { readPage } from "./ogg-pages.js";
import { joined } from "./ogg-write.js";
import { Places, between } from "./reading.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Known} Known */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./ogg-codecs.js").PacketReader} PacketReader */
/** @typedef {import("./ogg-pages.js").Page} Page */
/** @typedef {import("./reading.js").Place} Place reading on behind the page there, the next packet sounds at that position */

/**
 * One stream of a chain.
 * @typedef {object} Link
 * @property {number} serial
 * @property {PacketReader} packets
 * @property {number} base position in the item at which it begins
 * @property {number | null} zero the granule at that position; null until its first page was read
 * @property {number} offset of its first page with sound
 */

/** A seek aims this much before its target: the size of what lies between is known on average only. */
const MARGIN_SECONDS = 1;
/** What is read on after a seek that landed too early, rather than to ask again. */
const READ_ON_SECONDS = 6;
const MAX_TRIES = 6;

/**
 * @param {ByteReader} reader
 * @param {Known} known
 * @returns {Promise<OggFile>}
 */
export async function openOgg(reader, known) {
  const page = await readPage(reader);
  if (!page?.begins) {
    throw unsupported("The Ogg file doesn't begin with a stream");
  }
  const file = new OggFile(reader);
  await file.enter(page, 0);
  file.likely = known.duration ? known.duration * file.setup.sampleRate : null;
  return file;
}

/**
 * @implements {Demuxer}
 */
class OggFile {
  exact = true;
  /** @type {number | null} */
  total = null;
  /** @type {number | null} */
  likely = null;
  #reader;
  /** Those that were come across. @type {Link[]} */
  #links = [];
  /** @type {Link} */
  #link = /** @type {any} */ (null);
  #places = new Places(24_000);
  /** Parts of a packet that ends later. @type {Uint8Array[]} */
  #rest = [];
  /** Position of what the next packet makes. */
  #at = 0;
  #reset = true;
  /** What the decoder needs in front of the next packet. @type {Uint8Array[]} */
  #primer = [];
  /** Whether reading goes on at the stream's first page with sound. */
  #fresh = true;
  /** Whether the decoder is of another stream. */
  #changed = false;

  /** @param {ByteReader} reader */
  constructor(reader) {
    this.#reader = reader;
  }

  get setup() {
    return this.#links[0].packets.setup;
  }

  /**
   * Begins a stream of the chain, or goes back to the beginning of one.
   * @param {Page} page its first
   * @param {number} base
   */
  async enter(page, base) {
    let link = this.#links.find(({ serial }) => serial === page.serial);
    if (!link) {
      this.#rest = [];
      const packets = await this.#headers(page);
      const first = this.#links[0]?.packets.setup ?? packets.setup;
      if (packets.setup.sampleRate !== first.sampleRate || packets.setup.channels !== first.channels) {
        throw unsupported("The streams of the Ogg file differ in form");
      }
      link = { serial: page.serial, packets, base, zero: null, offset: this.#reader.position };
      this.#links.push(link);
    }
    this.#begin(link);
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    while (true) {
      const page = await readPage(this.#reader);
      if (!page) {
        this.total ??= this.#at;
        return null;
      }
      if (page.begins) {
        await this.enter(page, this.#at);
      } else if (page.serial === this.#link.serial) {
        const packets = this.#take(page);
        if (packets) {
          return packets;
        }
      }
    }
  }

  /** @param {number} position */
  async seek(position) {
    const { sampleRate } = this.setup;
    const target = position - this.#link.packets.preRoll;
    const start = { at: 0, offset: this.#links[0].offset };
    let low = this.#places.before(target);
    let high = this.#places.after(target) ?? this.#end();
    for (let tries = 0; tries < MAX_TRIES && high; tries += 1) {
      const from = low ?? start;
      if (target - from.at <= READ_ON_SECONDS * sampleRate) {
        break;
      }
      this.#reader.seek(between(from, high, Math.max(from.at, target - MARGIN_SECONDS * sampleRate * 2 ** tries)));
      const found = await this.#landing();
      if (!found) {
        break;
      }
      this.#places.add(found.at, found.offset);
      if (found.at > target) {
        high = found;
      } else {
        low = found;
      }
    }
    await this.#readUpTo(target, low);
  }

  /** @returns {Place | null} */
  #end() {
    const total = this.total ?? this.likely;
    return total && this.#reader.size ? { at: total, offset: this.#reader.size } : null;
  }

  /** @returns {Promise<Place | null>} the next page that says where it is; null if it is of a stream that isn't known */
  async #landing() {
    for (let page = await readPage(this.#reader); page; page = await readPage(this.#reader)) {
      const link = this.#links.find(({ serial }) => serial === page.serial);
      if (!link || link.zero === null) {
        return null;
      }
      if (page.granule !== null && page.offset >= link.offset) {
        return { at: positionOf(link, page.granule), offset: page.offset };
      }
    }
    return null;
  }

  /**
   * Reads over pages until what follows sounds at the target.
   * @param {number} target
   * @param {Place | null} place not after it
   */
  async #readUpTo(target, place) {
    this.#begin(this.#links.findLast(({ base }) => place && base < place.at) ?? this.#links[0]);
    this.#reader.seek(place?.offset ?? this.#link.offset);
    while (true) {
      const rest = this.#rest;
      const page = await readPage(this.#reader);
      if (!page) {
        return;
      }
      if (page.begins) {
        await this.enter(page, this.#at);
      } else if (page.serial === this.#link.serial) {
        const whole = this.#whole(page);
        const end = page.granule === null ? null : this.#endOf(page, whole);
        if (end !== null && end > target) {
          this.#rest = rest;
          this.#reader.seek(page.offset);
          if (this.#fresh) {
            this.#begin(this.#link);
          }
          return;
        }
        this.#pass(whole, end);
      }
    }
  }

  /**
   * What follows sounds behind these packets.
   * @param {Uint8Array[]} whole
   * @param {number | null} end
   */
  #pass(whole, end) {
    const { packets } = this.#link;
    const last = whole.at(-1);
    if (last && packets.overlaps) {
      packets.restart();
      packets.samples(last);
      this.#primer = [last];
    }
    this.#fresh = false;
    this.#at = end ?? this.#at;
  }

  /** @param {Link} link at whose first page with sound reading goes on */
  #begin(link) {
    this.#changed = this.#link !== null;
    this.#link = link;
    this.#reader.seek(link.offset);
    link.packets.restart();
    this.#fresh = this.#reset = true;
    this.#primer = [];
    this.#rest = [];
    this.#at = link.base;
  }

  /**
   * @param {Page} page
   * @returns {Packets | null}
   */
  #take(page) {
    const link = this.#link;
    const whole = this.#whole(page);
    if (whole.length === 0) {
      return null;
    }
    const samples = whole.reduce((sum, packet) => sum + link.packets.samples(packet), 0);
    if (this.#fresh) {
      this.#at = this.#start(page, samples);
    }
    const end = page.granule === null ? this.#at + samples : positionOf(link, page.granule);
    // But for the last page, which may end within a packet, the end is the more trustworthy of the two.
    const at = page.ends ? this.#at : end - samples;
    const packets = {
      data: [...this.#primer, ...whole],
      at,
      samples,
      reset: this.#reset,
      end: page.ends ? Math.min(end, at + samples) : null,
      setup: this.#changed ? link.packets.setup : undefined,
    };
    this.#at = packets.end ?? end;
    this.#primer = [];
    this.#fresh = this.#reset = this.#changed = false;
    this.#places.add(this.#at, page.offset);
    return packets;
  }

  /**
   * @param {Page} page the first of its stream
   * @param {number} samples of its packets
   * @returns {number} position of the first of them
   */
  #start(page, samples) {
    const link = this.#link;
    // Cut out of a longer stream, it begins at a later granule; if it is to begin within a packet, at a negative one.
    const first = page.ends || page.granule === null ? 0 : page.granule - samples;
    link.zero = Math.max(0, first) + link.packets.skip;
    return link.base + first - link.zero;
  }

  /**
   * @param {Page} page
   * @param {Uint8Array[]} whole its packets
   */
  #endOf(page, whole) {
    const link = this.#link;
    if (link.zero === null) {
      this.#start(
        page,
        whole.reduce((sum, packet) => sum + link.packets.samples(packet), 0),
      );
    }
    return positionOf(link, /** @type {number} */ (page.granule));
  }

  /**
   * @param {Page} page
   * @returns {Uint8Array[]} the packets that end in it, and whose beginning is known
   */
  #whole(page) {
    const parts = [...page.parts];
    const whole = [];
    if (page.continued && parts.length > 0) {
      const part = /** @type {Uint8Array} */ (parts.shift());
      const known = this.#rest.length > 0;
      this.#rest = known ? [...this.#rest, part.slice()] : [];
      if (known && !(page.open && parts.length === 0)) {
        whole.push(joined(this.#rest));
        this.#rest = [];
      }
    } else {
      this.#rest = [];
    }
    if (page.open && parts.length > 0) {
      this.#rest = [/** @type {Uint8Array} */ (parts.pop()).slice()];
    }
    return [...whole, ...parts];
  }

  /**
   * @param {Page} page the first of a stream
   * @returns {Promise<PacketReader>}
   */
  async #headers(page) {
    /** @type {Uint8Array[]} */
    const packets = this.#whole(page);
    const next = async () => {
      while (packets.length === 0) {
        const more = await readPage(this.#reader);
        if (!more) {
          throw unsupported("The Ogg file ends in its headers");
        }
        if (more.serial === page.serial) {
          packets.push(...this.#whole(more));
        }
      }
      return /** @type {Uint8Array} */ (packets.shift());
    };
    return packetReader(await next(), next);
  }
}

/**
 * @param {Link} link
 * @param {number} granule
 */
const positionOf = (link, granule) => link.base + granule - (link.zero ?? 0);
