// The whole picture corrected from what is missing at hints: similar places receive similar
// corrections (Gaussian-process regression).

import { extreme3, filled, grown, plane, resized } from "./planes.js";

/**
 * A hint map is three planes: a*, b* and confidence.
 * @typedef {import("./planes.js").Plane} Plane
 * @typedef {import("./planes.js").Ab} Ab
 * @typedef {import("./network.js").Stack} Stack
 */

/**
 * Standard deviations of the kernels: of L* and ab, of distributions over colors and of places.
 * First residuals are spread among all places with similar errors, then among those of one thing.
 */
const SHARED_SIGMAS = [30, 30, 1, 2];
const THING_SIGMAS = [10, 11, 0.5, 0.6];
/** Observation noise of a hint, relative to the kernel's variance. */
const NOISE = 0.4;
const MAX_CELLS = 400;

/**
 * A hint map at another size.
 * @param {Plane[]} hint @param {number} width @param {number} height
 */
export function shrunkHint(hint, width, height) {
  const [{ width: w, height: h }, , confidence] = hint;
  if (w === width && h === height) return hint;
  const change = height <= h ? resized : nearest;
  const weighted = hint.map((p, c) =>
    c === 2 ? p : filled(p, (i) => p.data[i] * confidence.data[i]),
  );
  const [a, b, total] = weighted.map((p) => change(p, width, height));
  const highest = nearest(extreme3(confidence, Math.max), width, height);
  const isSet = (/** @type {number} */ i) => total.data[i] > 1e-3;
  return [
    filled(a, (i) => (isSet(i) ? a.data[i] / total.data[i] : 0)),
    filled(b, (i) => (isSet(i) ? b.data[i] / total.data[i] : 0)),
    filled(total, (i) => (isSet(i) ? Math.max(highest.data[i], total.data[i]) : 0)),
  ];
}

/** @param {Plane} from @param {number} width @param {number} height */
function nearest(from, width, height) {
  return filled(plane(width, height), (i) => {
    const x = Math.floor(((i % width) * from.width) / width);
    const y = Math.floor((Math.floor(i / width) * from.height) / height);
    return from.data[y * from.width + x];
  });
}

/**
 * @param {Ab} ab to be corrected @param {Ab} plain without hints @param {Plane} lightness
 * @param {Plane[]} hint no smaller @param {Plane} trust 0..1, any size, the share of each hint's
 * residual that the whole picture may share @param {Stack | null} roots of the distributions over
 * colors, any size @returns {Ab} the correction, of the size of ab, plain and lightness
 */
export function hintCorrection(ab, plain, lightness, hint, trust, roots) {
  const { width, height } = lightness;
  const coarse = shrunkHint(hint, width, height);
  const coverage = resized(hint[2], width, height);
  const cells = hintedCells(coverage);
  const spread = /** @type {Ab} */ ([plane(width, height), plane(width, height)]);
  if (!cells.length) return spread;
  const highest = extreme3(coverage, Math.max); // the rim of a dab is mostly of other things
  const shares = resized(trust, width, height);
  const noise = cells.map((at) => {
    const confidence = (coarse[2].data[at] * coverage.data[at]) / highest.data[at];
    return NOISE / Math.max(confidence, 1e-6);
  });
  const residual = [0, 1].map((c) => cells.map((at) => coarse[c].data[at] - ab[c].data[at]));
  const squares = squaredDistances(lightness, plain, roots, cells);
  for (const [sigmas, isShared] of /** @type {const} */ ([
    [SHARED_SIGMAS, 1],
    [THING_SIGMAS, 0],
  ])) {
    const kernel = cells.map((_, k) =>
      Float32Array.from({ length: width * height }, (_, i) =>
        Math.exp(-squares.reduce((sum, of, s) => sum + of[k][i] / (2 * sigmas[s] ** 2), 0)),
      ),
    );
    const factor = cholesky(
      cells.map((at, k) =>
        Float64Array.from(cells, (_, j) => kernel[j][at] + (j === k ? noise[k] : 0)),
      ),
    );
    for (const [c, { data }] of spread.entries()) {
      const missing = cells.map(
        (at, k) => residual[c][k] * (isShared ? shares.data[at] : 1) - data[at],
      );
      solved(factor, missing).forEach((weight, k) => {
        for (let i = 0; i < data.length; i++) data[i] += weight * kernel[k][i];
      });
    }
  }
  return spread;
}

/** The cell of each block of 2×2 that hints cover most. @param {Plane} coverage */
function hintedCells({ width, height, data }) {
  /** @type {number[]} */
  const cells = [];
  for (let y = 0; y < height; y += 2)
    for (let x = 0; x < width; x += 2) {
      const block = [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]
        .filter(([dy, dx]) => y + dy < height && x + dx < width)
        .map(([dy, dx]) => (y + dy) * width + x + dx);
      const fullest = block.reduce((best, at) => (data[at] > data[best] ? at : best));
      if (data[fullest] > 0) cells.push(fullest);
    }
  const count = Math.min(cells.length, MAX_CELLS);
  const step = count > 1 ? (cells.length - 1) / (count - 1) : 0;
  return Array.from({ length: count }, (_, k) => cells[Math.floor(k * step)]);
}

/**
 * Squared distances of all places from each cell: of L*, ab, distributions and places.
 * @param {Plane} lightness @param {Ab} plain @param {Stack | null} roots @param {number[]} cells
 */
function squaredDistances(lightness, [a, b], roots, cells) {
  const { width, height } = lightness;
  const longest = Math.max(width, height);
  const each = (/** @type {(i: number, at: number) => number} */ squared) =>
    cells.map((at) => Float32Array.from({ length: width * height }, (_, i) => squared(i, at)));
  return [
    each((i, at) => (lightness.data[i] - lightness.data[at]) ** 2),
    each((i, at) => (a.data[i] - a.data[at]) ** 2 + (b.data[i] - b.data[at]) ** 2),
    roots ? cells.map((at) => distributionDistances(roots, at, width, height)) : each(() => 0),
    each((i, at) => {
      const across = (i % width) - (at % width);
      const down = Math.floor(i / width) - Math.floor(at / width);
      return (across * across + down * down) / (longest * longest);
    }),
  ];
}

/**
 * @param {Stack} roots @param {number} at index of a place
 * @param {number} width @param {number} height
 */
function distributionDistances({ channels, width: w, height: h, data }, at, width, height) {
  const pixels = w * h;
  const row = Math.floor((Math.floor(at / width) * h) / height);
  const here = row * w + Math.floor(((at % width) * w) / width);
  const small = plane(w, h);
  for (let c = 0; c < channels; c++) {
    const own = data[c * pixels + here];
    for (let i = 0; i < pixels; i++) small.data[i] += (data[c * pixels + i] - own) ** 2;
  }
  return grown(small, width, height).data;
}

/** The lower factor of a positive definite matrix, in its place. @param {Float64Array[]} matrix */
function cholesky(matrix) {
  for (const [i, row] of matrix.entries())
    for (let j = 0; j <= i; j++) {
      let sum = row[j];
      for (let k = 0; k < j; k++) sum -= row[k] * matrix[j][k];
      row[j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
  return matrix;
}

/** @param {Float64Array[]} factor of `cholesky` @param {number[]} right */
function solved(factor, right) {
  const out = Float64Array.from(right);
  for (let i = 0; i < out.length; i++) {
    for (let k = 0; k < i; k++) out[i] -= factor[i][k] * out[k];
    out[i] /= factor[i][i];
  }
  for (let i = out.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < out.length; k++) out[i] -= factor[k][i] * out[k];
    out[i] /= factor[i][i];
  }
  return out;
}
