// L* of a photograph at the guided size, and its pixels in color, rows at a time.

import { colorPixels, lightness } from "./color.js";
import { plane } from "./planes.js";

/**
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {Uint8ClampedArray | Uint8Array} Pixels  RGBA
 */

const GUIDED_PIXELS = 400_000;
const STRIP_PIXELS = 2 ** 18;

/**
 * How many times smaller than a photograph its guided size is.
 * @param {number} width @param {number} height
 */
export const factorOf = (width, height) =>
  Math.max(1, Math.round(Math.sqrt((width * height) / GUIDED_PIXELS)));

/**
 * L* of a photograph that is `factor` times smaller; its last row and column are repeated to fill
 * up.
 * @param {number} width @param {number} height @param {number} factor
 * @param {(top: number, rows: number) => Promise<Pixels>} read rows of the photograph
 * @returns {Promise<Plane>}
 */
export async function guideOf(width, height, factor, read) {
  const out = plane(Math.ceil(width / factor), Math.ceil(height / factor));
  const area = factor * factor;
  const strip = Math.max(1, Math.floor(STRIP_PIXELS / (width * factor))); // rows of the guide
  for (let top = 0; top < out.height; top += strip) {
    const rows = Math.min(strip, out.height - top);
    const have = Math.min(rows * factor, height - top * factor);
    const pixels = await read(top * factor, have);
    for (let y = 0, at = top * out.width; y < rows; y++)
      for (let x = 0; x < out.width; x++, at++) {
        let r = 0,
          g = 0,
          b = 0;
        for (let dy = 0; dy < factor; dy++) {
          const row = Math.min(have - 1, y * factor + dy) * width;
          for (let dx = 0; dx < factor; dx++) {
            const p = 4 * (row + Math.min(width - 1, x * factor + dx));
            r += pixels[p];
            g += pixels[p + 1];
            b += pixels[p + 2];
          }
        }
        const [red, green, blue] = [r, g, b].map((sum) => Math.round(sum / area));
        out.data[at] = lightness(red, green, blue);
      }
  }
  return out;
}

/**
 * Color rows of a photograph in place.
 * @param {Pixels} pixels whole rows or a part of them @param {Ab} ab at the guided size
 * @param {{left: number, top: number, width: number}} part its place in the photograph, pixels
 * @param {number} factor the photograph's size by that of ab; may be a fraction
 * @param {Plane | null} [share] where color is new, 0..1 at the size of ab; elsewhere pixels stay
 */
export function renderRows(pixels, ab, { left, top, width }, factor, share = null) {
  const [{ width: w, height: h, data: as }, { data: bs }] = ab;
  if (factor === 1 && left === 0 && width === w && !share) {
    const start = top * w;
    return colorPixels(pixels, as.subarray(start), bs.subarray(start));
  }
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.min(w - 1, Math.max(0, Math.floor((left + x + 0.5) / factor - 0.5))),
  );
  const steps = Float32Array.from(
    columns,
    (column, x) => Math.min(w - 1, Math.max(0, (left + x + 0.5) / factor - 0.5)) - column,
  );
  const rows = pixels.length / 4 / width;
  const small = new Float32Array(w);
  const planes = [...ab, ...(share ? [share] : [])];
  const blended = planes.map(() => new Float32Array(width));
  for (let y = 0; y < rows; y++) {
    const place = Math.min(h - 1, Math.max(0, (top + y + 0.5) / factor - 0.5));
    const first = Math.floor(place);
    const step = place - first;
    const next = Math.min(h - 1, first + 1);
    for (const [c, { data }] of planes.entries()) {
      for (let x = 0; x < w; x++)
        small[x] = data[first * w + x] * (1 - step) + data[next * w + x] * step;
      for (let x = 0; x < width; x++) {
        const at = columns[x];
        blended[c][x] = small[at] + steps[x] * (small[Math.min(w - 1, at + 1)] - small[at]);
      }
    }
    const row = pixels.subarray(4 * y * width, 4 * (y + 1) * width);
    const own = share && row.slice();
    colorPixels(row, blended[0], blended[1]);
    own?.forEach((value, i) => {
      row[i] = Math.round(value + blended[2][i >> 2] * (row[i] - value));
    });
  }
}
