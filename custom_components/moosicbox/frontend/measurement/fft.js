/** The fast Fourier transform of complex numbers, in place. Pure. */
// Elements are read without `at`, which also reads arrays of other types, and so is several times slower.

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
        const [c, s] = [cosines[index] ?? 0, sines[index] ?? 0];
        const [x, y] = [real[high] ?? 0, imaginary[high] ?? 0];
        const turnedReal = x * c - y * s;
        const turnedImaginary = x * s + y * c;
        real[high] = (real[low] ?? 0) - turnedReal;
        imaginary[high] = (imaginary[low] ?? 0) - turnedImaginary;
        real[low] = (real[low] ?? 0) + turnedReal;
        imaginary[low] = (imaginary[low] ?? 0) + turnedImaginary;
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
    real[index] = (real[index] ?? 0) / size;
    imaginary[index] = (imaginary[index] ?? 0) / size;
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
      const [x, y] = [real[index] ?? 0, imaginary[index] ?? 0];
      real[index] = real[reversed] ?? 0;
      imaginary[index] = imaginary[reversed] ?? 0;
      real[reversed] = x;
      imaginary[reversed] = y;
    }
  }
}
