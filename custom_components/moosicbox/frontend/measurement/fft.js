/** The fast Fourier transform of complex numbers, in place. Pure. */
import { at } from "./arrays.js";

/**
 * @param {Float64Array} real its length is a power of two
 * @param {Float64Array} imaginary
 */
export function transform(real, imaginary) {
  const size = real.length;
  reorder(real, imaginary);
  for (let half = 1; half < size; half *= 2) {
    const cosines = new Float64Array(half);
    const sines = new Float64Array(half);
    for (let index = 0; index < half; index += 1) {
      cosines[index] = Math.cos((Math.PI * index) / half);
      sines[index] = -Math.sin((Math.PI * index) / half);
    }
    for (let begin = 0; begin < size; begin += 2 * half) {
      for (let index = 0; index < half; index += 1) {
        const low = begin + index;
        const high = low + half;
        const [c, s] = [at(cosines, index), at(sines, index)];
        const [x, y] = [at(real, high), at(imaginary, high)];
        const turnedReal = x * c - y * s;
        const turnedImaginary = x * s + y * c;
        real[high] = at(real, low) - turnedReal;
        imaginary[high] = at(imaginary, low) - turnedImaginary;
        real[low] = at(real, low) + turnedReal;
        imaginary[low] = at(imaginary, low) + turnedImaginary;
      }
    }
  }
}

/**
 * The inverse of `transform`.
 * @param {Float64Array} real
 * @param {Float64Array} imaginary
 */
export function transformBack(real, imaginary) {
  // Exchanging the parts conjugates before and after.
  transform(imaginary, real);
  const size = real.length;
  for (let index = 0; index < size; index += 1) {
    real[index] = at(real, index) / size;
    imaginary[index] = at(imaginary, index) / size;
  }
}

/**
 * @param {Float64Array} real
 * @param {Float64Array} imaginary
 */
function reorder(real, imaginary) {
  const size = real.length;
  for (let index = 1, reversed = 0; index < size; index += 1) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) {
      reversed ^= bit;
    }
    reversed ^= bit;
    if (index < reversed) {
      const [x, y] = [at(real, index), at(imaginary, index)];
      real[index] = at(real, reversed);
      imaginary[index] = at(imaginary, reversed);
      real[reversed] = x;
      imaginary[reversed] = y;
    }
  }
}
