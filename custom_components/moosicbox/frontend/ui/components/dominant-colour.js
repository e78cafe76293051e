/** The dominant colour of an image. Vivid pixels count most, grey ones hardly. Pure. */

const BUCKETS = 12;
const MIN_WEIGHT = 0.02;

/**
 * @param {Uint8ClampedArray} pixels RGBA
 * @returns {string | null} a CSS colour; null if the image is grey
 */
export function dominantColour(pixels) {
  const buckets = Array.from({ length: BUCKETS }, () => ({ weight: 0, r: 0, g: 0, b: 0 }));
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
    const { hue, saturation, value } = hsv(r, g, b);
    const weight = saturation ** 2 * value * ((pixels[at + 3] ?? 0) / 255);
    const bucket = buckets[Math.floor((hue / 360) * BUCKETS) % BUCKETS];
    if (bucket) {
      bucket.weight += weight;
      bucket.r += r * weight;
      bucket.g += g * weight;
      bucket.b += b * weight;
    }
  }
  const best = buckets.reduce((a, b) => (b.weight > a.weight ? b : a));
  if (best.weight < (MIN_WEIGHT * pixels.length) / 4) {
    return null;
  }
  const [r, g, b] = [best.r, best.g, best.b].map((sum) => Math.round(sum / best.weight));
  return `rgb(${r}, ${g}, ${b})`;
}

/**
 * @param {number} r
 * @param {number} g
 * @param {number} b
 */
function hsv(r, g, b) {
  const max = Math.max(r, g, b);
  const spread = max - Math.min(r, g, b);
  if (spread === 0) {
    return { hue: 0, saturation: 0, value: max / 255 };
  }
  const sector = max === r ? (g - b) / spread : max === g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
  return { hue: (sector * 60 + 360) % 360, saturation: spread / max, value: max / 255 };
}
