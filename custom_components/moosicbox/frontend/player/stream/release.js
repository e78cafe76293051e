/**
 * Free the memory of arrays at once, if the browser supports it. Garbage collectors see only the small array objects, and
 * run late: the samples of a whole track would stay in memory for minutes.
 * @param {...ArrayBufferView} arrays that are no longer used, nor any other array of the same buffer
 */
export function release(...arrays) {
  for (const { buffer } of arrays) {
    if (buffer.byteLength > 0) {
      // Safari before 17.4 and Chrome before 114 don't have it.
      /** @type {{transfer?: (length: number) => void}} */ (buffer).transfer?.(0);
    }
  }
}
