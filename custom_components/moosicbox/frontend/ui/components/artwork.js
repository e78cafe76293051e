/** An artwork image, with an icon where there is none. */
import { el, setAttribute } from "../dom.js";
import { icon } from "../icons.js";

/** @import { Context } from "../context.js" */

const SAMPLE_PIXELS = 24;

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
   * @param {number} [options.size] in pixels, to request from the hub
   * @param {(colour: string | null) => void} [options.oncolour] called with the dominant colour of each image
   */
  constructor({ app }, { class: className = "artwork", size, oncolour } = {}) {
    this.#base = app.baseUrl;
    this.#size = size;
    this.#image.addEventListener("error", () => {
      setAttribute(this.element, "data-missing", "");
      oncolour?.(null);
    });
    this.#image.addEventListener("load", () => {
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
    // The place of an image is kept while it loads, so that nothing moves when it is there.
    setAttribute(this.element, "data-missing", url ? null : "");
    if (!url) {
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
  const canvas = el("canvas", { attributes: { width: String(SAMPLE_PIXELS), height: String(SAMPLE_PIXELS) } });
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  try {
    drawing?.drawImage(image, 0, 0, SAMPLE_PIXELS, SAMPLE_PIXELS);
    const pixels = drawing?.getImageData(0, 0, SAMPLE_PIXELS, SAMPLE_PIXELS).data;
    return pixels ? (await import("./dominant-colour.js")).dominantColour(pixels) : null;
  } catch {
    // An image of another server: the browser does not let scripts read its pixels.
    return null;
  }
}
