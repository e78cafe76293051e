/**
 * Gives the memory of arrays back at once, where the browser can. Collectors of garbage see how small an array is, not how much memory
 * it stands for, and come late: a track's samples, copied a few times, would be there for minutes.
 * @param {...ArrayBufferView} arrays that nothing uses any more, nor any other array of the same memory
 */
export function release(...arrays) {
  for (const { buffer } of arrays) {
    if (buffer.byteLength > 0) {
      /** @type {any} */ (buffer).transfer?.(0);
    }
  }
}
