// Small ab to the size of a large L*, along its edges.

import {
  extreme3,
  filled,
  grown,
  grownSmoothly,
  mean3,
  median,
  mirrored,
  plane,
  resized,
} from "./planes.js";

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab */

const NOISE = 5; // differences of L* below this are texture and grain
const STEEP = 150; // change of color over the length of a side at which it is half believed
const REACH = 0.006,
  EDGE = 1.5,
  GRAIN = 0.003;
const PASSES = 3,
  ATTENUATION = 0.25;

/**
 * Give ab the detail of L* (detail injection with local linear models).
 * @param {Ab} ab h×w @param {Plane} lightness H×W, no smaller @returns {Ab}
 */
export function upsampled(ab, lightness) {
  const { width, height } = lightness,
    [{ width: w, height: h }] = ab;
  if (w === width && h === height) return ab;
  const low = resized(lightness, w, h);
  const mean = mean3(low),
    square = mean3(filled(low, (i) => low.data[i] ** 2));
  const smooth = grownSmoothly(low, width, height);
  const each = (/** @type {Plane} */ small) => {
    const meanAb = mean3(small),
      product = mean3(filled(small, (i) => small.data[i] * low.data[i]));
    const slope = grown(
      filled(
        small,
        (i) =>
          (product.data[i] - meanAb.data[i] * mean.data[i]) /
          (square.data[i] - mean.data[i] ** 2 + NOISE ** 2),
      ),
      width,
      height,
    );
    const large = grownSmoothly(small, width, height);
    const least = grown(extreme3(small, Math.min), width, height),
      most = grown(extreme3(small, Math.max), width, height);
    return filled(large, (i) =>
      Math.min(
        most.data[i],
        Math.max(
          least.data[i],
          large.data[i] + slope.data[i] * (lightness.data[i] - smooth.data[i]),
        ),
      ),
    );
  };
  return [each(ab[0]), each(ab[1])];
}

/**
 * Replace unreliable chroma near edges by chroma from the same side of the edge (normalized
 * convolution).
 * @param {Ab} ab H×W @param {Ab} small h×w @param {Plane} lightness H×W
 * @param {Plane | null} region H×W, outside of which ab tell nothing @returns {Ab}
 */
export function cleaned(ab, small, lightness, region = null) {
  const { width: w, height: h } = small[0];
  const speed = filled(small[0], (i) => {
    const x = i % w,
      y = (i - x) / w;
    const at = (/** @type {Plane} */ p, /** @type {number} */ dx, /** @type {number} */ dy) =>
      p.data[mirrored(y + dy, h) * w + mirrored(x + dx, w)];
    let sum = 0;
    for (const p of small) {
      const across =
        at(p, 1, -1) +
        2 * at(p, 1, 0) +
        at(p, 1, 1) -
        at(p, -1, -1) -
        2 * at(p, -1, 0) -
        at(p, -1, 1);
      const down =
        at(p, -1, 1) +
        2 * at(p, 0, 1) +
        at(p, 1, 1) -
        at(p, -1, -1) -
        2 * at(p, 0, -1) -
        at(p, 1, -1);
      sum += (across * across + down * down) / 64;
    }
    return 1 / (1 + (sum * w * h) / STEEP ** 2);
  });
  let believed = grown(speed, lightness.width, lightness.height);
  if (region) believed = filled(believed, (i) => believed.data[i] * region.data[i]);
  const smooth = edgeSmoother(lightness, REACH, EDGE, GRAIN);
  const [total, a, b] = smooth([
    believed,
    ...ab.map((p) => filled(p, (i) => p.data[i] * believed.data[i])),
  ]);
  const divided = (/** @type {Plane} */ p) =>
    filled(p, (i) => p.data[i] / Math.max(1e-6, total.data[i]));
  return [divided(a), divided(b)];
}

/**
 * Smooths planes of the size of L* within its edges (Min et al. 2014): three times along rows and
 * columns.
 * @param {Plane} lightness @param {number} reach the weight, by the picture's pixels
 * @param {number} edge steps of L* that hold back, in 255ths
 * @param {number} [grain] radius of a median that is taken first, by the length of a side
 * @returns {(planes: Plane[]) => Plane[]}
 */
export function edgeSmoother(lightness, reach, edge, grain = 0) {
  const { width, height } = lightness,
    pixels = width * height;
  const bytes = median(
    Uint8Array.from(lightness.data, (L) => Math.min(255, Math.max(0, L * 2.55))),
    width,
    height,
    Math.floor(grain * Math.sqrt(pixels)),
  );
  const link = Float32Array.from({ length: 256 }, (_, step) => Math.exp(-step / edge));
  const right = new Float32Array(pixels),
    below = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    if ((i + 1) % width) right[i] = link[Math.abs(bytes[i] - bytes[i + 1])];
    if (i + width < pixels) below[i] = link[Math.abs(bytes[i] - bytes[i + width])];
  }
  return (planes) => {
    const out = planes.map((p) => plane(width, height, p.data.slice()));
    const factors = new Float32Array(pixels);
    for (let pass = 0, weight = reach * pixels; pass < PASSES; pass++, weight *= ATTENUATION) {
      alongRows(out, right, weight, factors);
      alongColumns(out, below, weight, factors);
    }
    return out;
  };
}

/**
 * Tridiagonal systems along the rows.
 * @param {Plane[]} planes changed in place @param {Float32Array} links @param {number} weight
 * @param {Float32Array} factors scratch
 */
function alongRows(planes, links, weight, factors) {
  const { width, height } = planes[0];
  for (let y = 0; y < height; y++) {
    const start = y * width,
      end = start + width;
    for (const { data } of planes) {
      let before = 0,
        factor = 0,
        value = 0;
      for (let i = start; i < end; i++) {
        const after = weight * links[i];
        const scale = 1 / (1 + before + after - before * factor);
        factor = after * scale;
        factors[i] = factor;
        value = data[i] = (data[i] + before * value) * scale;
        before = after;
      }
      for (let i = end - 2; i >= start; i--) data[i] += factors[i] * data[i + 1];
    }
  }
}

/**
 * Tridiagonal systems along the columns, row by row.
 * @param {Plane[]} planes changed in place @param {Float32Array} links @param {number} weight
 * @param {Float32Array} factors scratch
 */
function alongColumns(planes, links, weight, factors) {
  const { width, height } = planes[0],
    pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    const before = i < width ? 0 : weight * links[i - width],
      after = weight * links[i];
    const scale = 1 / (1 + before + after - (i < width ? 0 : before * factors[i - width]));
    factors[i] = after * scale;
    for (const { data } of planes)
      data[i] = (data[i] + (i < width ? 0 : before * data[i - width])) * scale;
  }
  for (let i = pixels - width - 1; i >= 0; i--)
    for (const { data } of planes) data[i] += factors[i] * data[i + width];
}
