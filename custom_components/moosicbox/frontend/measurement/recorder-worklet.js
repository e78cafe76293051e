/** Passes what a microphone hears to the page. It runs in the thread that renders audio, whose globals are named here. */

/**
 * @typedef {object} WorkletScope
 * @property {new () => {port: MessagePort}} AudioWorkletProcessor
 * @property {(name: string, processor: unknown) => void} registerProcessor
 */

const BLOCK = 4_096;
const scope = /** @type {WorkletScope} */ (/** @type {unknown} */ (globalThis));

class Tap extends scope.AudioWorkletProcessor {
  #block = new Float32Array(BLOCK);
  #filled = 0;

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean} true: the processor stays
   */
  process([input]) {
    for (const sample of input?.[0] ?? []) {
      this.#block[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled === BLOCK) {
        this.port.postMessage(this.#block, [this.#block.buffer]);
        this.#block = new Float32Array(BLOCK);
        this.#filled = 0;
      }
    }
    return true;
  }
}

scope.registerProcessor("moosicbox-tap", Tap);
