/** A picture of music, with a note where there is none, and the colour that it is mostly of. */
import { el, setAttribute } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */

const SAMPLE = 24;

export class Artwork {
  #base;
  #size;
  /** @type {string | null | undefined} */
  #address;
  #image = el("img", { attributes: { alt: "", referrerpolicy: "no-referrer", decoding: "async" } });
  element;

  /**
   * @param {Context} context
   * @param {object} [options]
   * @param {string} [options.class]
   * @param {number} [options.size] in pixels, that the hub is asked for
   * @param {(colour: string | null) => void} [options.oncolour]
   */
  constructor({ app }, { class: className = "artwork", size, oncolour } = {}) {
    this.#base = app.baseUrl;
    this.#size = size;
    this.#image.addEventListener("error", () => {
      setAttribute(this.element, "data-missing", "");
      oncolour?.(null);
    });
    this.#image.addEventListener("load", () => {
      setAttribute(this.element, "data-missing", null);
      if (oncolour) {
        void colourOf(this.#image).then(oncolour);
      }
    });
    this.element = el("div", { class: className, attributes: { "data-missing": "" } }, icon("note"), this.#image);
  }

  /** @param {string | null | undefined} address */
  render(address) {
    if (address === this.#address) {
      return;
    }
    this.#address = address;
    const url = address ? this.#url(address) : null;
    if (this.#image.getAttribute("src") === url) {
      return;
    }
    setAttribute(this.#image, "src", url);
    if (!url) {
      setAttribute(this.element, "data-missing", "");
      this.#image.dispatchEvent(new Event("error"));
    }
  }

  /** @param {string} address */
  #url(address) {
    const url = new URL(address, this.#base);
    if (this.#size && url.origin === new URL(this.#base).origin && !url.searchParams.has("size")) {
      url.searchParams.set("size", String(this.#size));
    }
    return url.href;
  }
}

/**
 * @param {HTMLImageElement} image
 * @returns {Promise<string | null>}
 */
async function colourOf(image) {
  const canvas = el("canvas", { attributes: { width: String(SAMPLE), height: String(SAMPLE) } });
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  try {
    paper?.drawImage(image, 0, 0, SAMPLE, SAMPLE);
    const pixels = paper?.getImageData(0, 0, SAMPLE, SAMPLE).data;
    return pixels ? (await import("./dominant-colour.js")).dominantColour(pixels) : null;
  } catch {
    // A picture of another server, which scripts may not look into.
    return null;
  }
}
