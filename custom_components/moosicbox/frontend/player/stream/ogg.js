/** Demuxes Ogg with Opus, Vorbis or FLAC: one stream, or several streams chained to each other. */
import { unsupported } from "./fault.js";
import { packetReader } from "./ogg-codecs.js";
import { PacketJoiner } from "./ogg-packets.js";
import { readPage } from "./ogg-pages.js";
import { Places, searchPlace } from "./places.js";

/** @typedef {import("./bytes.js").ByteReader} ByteReader */
/** @typedef {import("./demuxer.js").Demuxer} Demuxer */
/** @typedef {import("./demuxer.js").Known} Known */
/** @typedef {import("./demuxer.js").Packets} Packets */
/** @typedef {import("./ogg-codecs.js").PacketReader} PacketReader */
/** @typedef {import("./ogg-pages.js").Page} Page */
/** @typedef {import("./places.js").Place} Place a page, and the position of the packet behind it */

/**
 * A stream of a chain.
 * @typedef {object} Link
 * @property {number} serial
 * @property {PacketReader} packets
 * @property {number} base position in the item at which it begins
 * @property {number | null} zero the granule at that position; null until its first page is read
 * @property {number} offset of its first page with sound
 */

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
  const joiner = new PacketJoiner();
  const link = await openLink(reader, joiner, page, 0);
  const file = new OggFile(reader, joiner, link);
  file.likely = known.duration ? known.duration * file.setup.sampleRate : null;
  return file;
}

/**
 * Read the headers of a stream.
 * @param {ByteReader} reader behind its first page
 * @param {PacketJoiner} joiner
 * @param {Page} page its first page
 * @param {number} base
 * @returns {Promise<Link>}
 */
async function openLink(reader, joiner, page, base) {
  joiner.reset();
  const waiting = joiner.packetsOf(page);
  const next = async () => {
    for (;;) {
      const packet = waiting.shift();
      if (packet) {
        return packet;
      }
      const more = await readPage(reader);
      if (!more) {
        throw unsupported("The Ogg file ends in its headers");
      }
      if (more.serial === page.serial) {
        waiting.push(...joiner.packetsOf(more));
      }
    }
  };
  const packets = await packetReader(await next(), next);
  return { serial: page.serial, packets, base, zero: null, offset: reader.position };
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
  #joiner;
  /** The streams that were found so far, in order. @type {[Link, ...Link[]]} */
  #links;
  /** The current stream. @type {Link} */
  #link;
  #places = new Places(24_000);
  /** Position of the next packet's samples. */
  #at = 0;
  #reset = true;
  /** The packet that the decoder needs in front of the next one. @type {Uint8Array[]} */
  #primer = [];
  /** True if the next page is the stream's first one with sound. */
  #fresh = true;
  /** True if the decoder is still that of another stream. */
  #changed = false;

  /**
   * @param {ByteReader} reader
   * @param {PacketJoiner} joiner
   * @param {Link} link the first stream
   */
  constructor(reader, joiner, link) {
    this.#reader = reader;
    this.#joiner = joiner;
    this.#links = [link];
    this.#link = link;
    this.#begin(link);
    this.#changed = false;
  }

  get setup() {
    return this.#links[0].packets.setup;
  }

  /** @returns {Promise<Packets | null>} */
  async next() {
    for (let page = await readPage(this.#reader); page; page = await readPage(this.#reader)) {
      if (page.begins) {
        await this.#enter(page, this.#at);
      } else if (page.serial === this.#link.serial) {
        const packets = this.#packetsOf(page);
        if (packets) {
          return packets;
        }
      }
    }
    this.total ??= this.#at;
    return null;
  }

  /** @param {number} position */
  async seek(position) {
    const target = position - this.#link.packets.preRoll;
    const beginning = { at: 0, offset: this.#links[0].offset };
    const place = await searchPlace({
      low: this.#places.before(target) ?? beginning,
      high: this.#places.after(target) ?? this.#end,
      target,
      rate: this.setup.sampleRate,
      land: async (offset) => {
        this.#reader.seek(offset);
        const found = await this.#landing();
        if (found) {
          this.#places.add(found.at, found.offset);
        }
        return found;
      },
    });
    await this.#readUpTo(target, place === beginning ? null : place);
  }

  /** @returns {Place | null} */
  get #end() {
    const total = this.total ?? this.likely;
    return total && this.#reader.size ? { at: total, offset: this.#reader.size } : null;
  }

  /** @returns {Promise<Place | null>} the next page with a position; null if its stream isn't known */
  async #landing() {
    for (let page = await readPage(this.#reader); page; page = await readPage(this.#reader)) {
      const { serial, granule, offset } = page;
      const link = this.#links.find((one) => one.serial === serial);
      if (link?.zero === undefined || link.zero === null) {
        return null;
      }
      if (granule !== null && offset >= link.offset) {
        return { at: positionOf(link, granule), offset };
      }
    }
    return null;
  }

  /**
   * Skip pages up to the one with the target.
   * @param {number} target
   * @param {Place | null} place not behind it; null for the beginning
   */
  async #readUpTo(target, place) {
    this.#begin(this.#links.findLast(({ base }) => place && base < place.at) ?? this.#links[0]);
    this.#reader.seek(place?.offset ?? this.#link.offset);
    let joined = this.#joiner.state;
    for (let page = await readPage(this.#reader); page; page = await readPage(this.#reader)) {
      if (page.begins) {
        await this.#enter(page, this.#at);
      } else if (page.serial === this.#link.serial) {
        const packets = this.#joiner.packetsOf(page);
        const end = page.granule === null ? null : this.#endOf(page, packets, page.granule);
        if (end !== null && end > target) {
          this.#joiner.restore(joined);
          this.#reader.seek(page.offset);
          if (this.#fresh) {
            this.#begin(this.#link);
          }
          return;
        }
        this.#skip(packets, end);
      }
      joined = this.#joiner.state;
    }
  }

  /**
   * Skip packets.
   * @param {Uint8Array[]} packets
   * @param {number | null} end position behind them
   */
  #skip(packets, end) {
    const reader = this.#link.packets;
    const last = packets.at(-1);
    if (last && reader.overlaps) {
      reader.restart();
      reader.samples(last);
      this.#primer = [last];
    }
    this.#fresh = false;
    this.#at = end ?? this.#at;
  }

  /**
   * Continue with a stream of the chain.
   * @param {Page} page its first page
   * @param {number} base position at which it begins
   */
  async #enter(page, base) {
    let link = this.#links.find(({ serial }) => serial === page.serial);
    if (!link) {
      link = await openLink(this.#reader, this.#joiner, page, base);
      const { sampleRate, channels } = link.packets.setup;
      if (sampleRate !== this.setup.sampleRate || channels !== this.setup.channels) {
        throw unsupported("The streams of the Ogg file have different formats");
      }
      this.#links.push(link);
    }
    this.#begin(link);
  }

  /**
   * Continue at the first page with sound of a stream.
   * @param {Link} link
   */
  #begin(link) {
    this.#changed = true;
    this.#link = link;
    this.#reader.seek(link.offset);
    link.packets.restart();
    this.#fresh = this.#reset = true;
    this.#primer = [];
    this.#joiner.reset();
    this.#at = link.base;
  }

  /**
   * @param {Page} page
   * @returns {Packets | null}
   */
  #packetsOf(page) {
    const link = this.#link;
    const whole = this.#joiner.packetsOf(page);
    if (whole.length === 0) {
      return null;
    }
    const samples = samplesOf(link, whole);
    if (this.#fresh) {
      this.#at = beginLink(link, page, samples);
    }
    const end = page.granule === null ? this.#at + samples : positionOf(link, page.granule);
    // The last page may end within a packet. Of all other pages, the end is more reliable than the beginning.
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
   * @param {Page} page
   * @param {Uint8Array[]} packets
   * @param {number} granule
   * @returns {number} position behind the page
   */
  #endOf(page, packets, granule) {
    if (this.#link.zero === null) {
      beginLink(this.#link, page, samplesOf(this.#link, packets));
    }
    return positionOf(this.#link, granule);
  }
}

/**
 * Determine the granule at which a stream begins.
 * @param {Link} link
 * @param {Page} page its first page with sound
 * @param {number} samples of that page
 * @returns {number} position of the first sample
 */
function beginLink(link, page, samples) {
  // A stream that was cut out of a longer one begins at a later granule; one that begins within a packet, at a negative one.
  const first = page.ends || page.granule === null ? 0 : page.granule - samples;
  link.zero = Math.max(0, first) + link.packets.skip;
  return link.base + first - link.zero;
}

/**
 * @param {Link} link
 * @param {Uint8Array[]} packets
 */
const samplesOf = (link, packets) => packets.reduce((sum, packet) => sum + link.packets.samples(packet), 0);

/**
 * @param {Link} link
 * @param {number} granule
 */
const positionOf = (link, granule) => link.base + granule - (link.zero ?? 0);
