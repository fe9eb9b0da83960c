// Planes of float32 values and how they change size: means of pixels where they shrink, linear
// where they grow.

/** @typedef {{width: number, height: number, data: Float32Array}} Plane  rows from the top */
/** @typedef {[Plane, Plane]} Ab  a* and b*, CIELAB units */

/** @param {number} width @param {number} height @param {Float32Array} [data] @returns {Plane} */
export const plane = (width, height, data = new Float32Array(width * height)) => ({
  width,
  height,
  data,
});

/**
 * The index of the place at a point.
 * @param {{width: number, height: number}} size
 * @param {number} x share of the width @param {number} y
 */
export const placeAt = ({ width, height }, x, y) =>
  Math.min(height - 1, Math.floor(y * height)) * width + Math.min(width - 1, Math.floor(x * width));

/** @param {Plane} like @param {(i: number) => number} value @returns {Plane} */
export function filled(like, value) {
  const made = plane(like.width, like.height);
  for (let i = 0; i < made.data.length; i++) made.data[i] = value(i);
  return made;
}

/**
 * What each place after a change of size takes: from which places on, and with which weights.
 * @typedef {{start: Int32Array, weights: Float32Array[]}} Taps
 */

/** Means of what a place covers. @param {number} before @param {number} after @returns {Taps} */
function areaTaps(before, after) {
  const scale = before / after;
  const start = new Int32Array(after);
  const weights = Array.from({ length: after }, (_, i) => {
    const from = i * scale,
      to = Math.min(before, (i + 1) * scale);
    start[i] = Math.floor(from + 1e-9);
    const last = Math.min(before - 1, Math.ceil(to - 1e-9) - 1);
    return Float32Array.from(
      { length: last - start[i] + 1 },
      (_, k) => Math.max(0, Math.min(to, start[i] + k + 1) - Math.max(from, start[i] + k)) / scale,
    );
  });
  return { start, weights };
}

/** The two nearest places. @param {number} before @param {number} after @returns {Taps} */
function linearTaps(before, after) {
  const start = new Int32Array(after);
  const weights = Array.from({ length: after }, (_, i) => {
    const center = Math.min(before - 1, Math.max(0, (i + 0.5) * (before / after) - 0.5));
    start[i] = Math.min(Math.floor(center), Math.max(0, before - 2));
    const share = center - start[i];
    return before === 1 ? Float32Array.of(1) : Float32Array.of(1 - share, share);
  });
  return { start, weights };
}

const CUBIC = -0.75;

/**
 * The four nearest places, of a line that its ends continue: OpenCV's cubic.
 * @param {number} before @param {number} after @returns {Taps}
 */
function cubicTaps(before, after) {
  const start = new Int32Array(after);
  const weights = Array.from({ length: after }, (_, i) => {
    const center = (i + 0.5) * (before / after) - 0.5;
    const first = Math.floor(center) - 1;
    const from = Math.max(0, first),
      to = Math.min(before - 1, first + 3);
    start[i] = Math.min(from, to);
    const own = new Float32Array(Math.abs(to - start[i]) + 1);
    for (let k = first; k < first + 4; k++) {
      const d = Math.abs(center - k);
      const weight =
        d < 1
          ? ((CUBIC + 2) * d - (CUBIC + 3)) * d * d + 1
          : d < 2
            ? ((CUBIC * d - 5 * CUBIC) * d + 8 * CUBIC) * d - 4 * CUBIC
            : 0;
      own[Math.min(before - 1, Math.max(0, k)) - start[i]] += weight;
    }
    return own;
  });
  return { start, weights };
}

/** @param {Plane} from @param {Taps} across @param {Taps} down @returns {Plane} */
function applied(from, across, down) {
  const width = across.weights.length,
    height = down.weights.length;
  const wide = new Float32Array(width * from.height);
  for (let y = 0, at = 0; y < from.height; y++) {
    const row = y * from.width;
    for (let x = 0; x < width; x++, at++) {
      const weights = across.weights[x];
      let sum = 0;
      for (let k = 0, i = row + across.start[x]; k < weights.length; k++, i++)
        sum += weights[k] * from.data[i];
      wide[at] = sum;
    }
  }
  const out = plane(width, height);
  for (let y = 0; y < height; y++) {
    const weights = down.weights[y];
    const row = out.data.subarray(y * width, (y + 1) * width);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k];
      for (let x = 0, i = (down.start[y] + k) * width; x < width; x++, i++)
        row[x] += weight * wide[i];
    }
  }
  return out;
}

/** @param {Plane} from @param {number} width @param {number} height */
export function resized(from, width, height) {
  if (from.width === width && from.height === height) return from;
  const taps = from.width >= width && from.height >= height ? areaTaps : linearTaps;
  return applied(from, taps(from.width, width), taps(from.height, height));
}

/** @param {Plane} from @param {number} width @param {number} height */
export const grown = (from, width, height) =>
  from.width === width && from.height === height
    ? from
    : applied(from, linearTaps(from.width, width), linearTaps(from.height, height));

/** @param {Plane} from @param {number} width @param {number} height */
export const grownSmoothly = (from, width, height) =>
  from.width === width && from.height === height
    ? from
    : applied(from, cubicTaps(from.width, width), cubicTaps(from.height, height));

/**
 * The place that is seen in a mirror at both ends, which are not repeated.
 * @param {number} i @param {number} n
 */
export const mirrored = (i, n) => {
  if (n === 1) return 0;
  const at = Math.abs(i) % (2 * n - 2);
  return at < n ? at : 2 * n - 2 - at;
};

/**
 * Weighted sums along both axes, mirrored at the edges.
 * @param {Plane} from @param {number[] | Float32Array} kernel of odd length
 */
export function convolved(from, kernel) {
  const { width, height } = from,
    radius = kernel.length >> 1;
  const wide = plane(width, height),
    out = plane(width, height);
  const row = new Float32Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < row.length; x++)
      row[x] = from.data[y * width + mirrored(x - radius, width)];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * row[x + k];
      wide.data[y * width + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    const target = out.data.subarray(y * width, (y + 1) * width);
    for (let k = 0; k < kernel.length; k++) {
      const weight = kernel[k];
      for (let x = 0, i = mirrored(y + k - radius, height) * width; x < width; x++, i++)
        target[x] += weight * wide.data[i];
    }
  }
  return out;
}

/** @param {Plane} from */
export const mean3 = (from) => convolved(from, [1 / 3, 1 / 3, 1 / 3]);

/** OpenCV's Gaussian blur of float32 values. @param {Plane} from @param {number} sigma */
export function blurred(from, sigma) {
  const length = Math.round(sigma * 8 + 1) | 1;
  const kernel = Float32Array.from({ length }, (_, i) =>
    Math.exp(-((i - (length >> 1)) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return convolved(
    from,
    kernel.map((weight) => weight / total),
  );
}

/**
 * The largest (or smallest) of 3×3 places.
 * @param {Plane} from
 * @param {(a: number, b: number, c: number) => number} choose Math.max or Math.min
 */
export function extreme3(from, choose) {
  const { width, height } = from;
  const wide = filled(from, (i) => {
    const x = i % width;
    return choose(from.data[x ? i - 1 : i], from.data[i], from.data[x < width - 1 ? i + 1 : i]);
  });
  return filled(from, (i) =>
    choose(
      wide.data[i >= width ? i - width : i],
      wide.data[i],
      wide.data[i < width * (height - 1) ? i + width : i],
    ),
  );
}

/**
 * Bytes whose each is the median of a square around it, the edges repeated.
 * @param {Uint8Array} bytes @param {number} width @param {number} height @param {number} radius
 */
export function median(bytes, width, height, radius) {
  if (radius < 1) return bytes;
  const out = new Uint8Array(bytes.length);
  const counts = new Int32Array(256),
    middle = ((2 * radius + 1) ** 2) >> 1;
  const clamp = (/** @type {number} */ i, /** @type {number} */ n) =>
    i < 0 ? 0 : i >= n ? n - 1 : i;
  for (let y = 0; y < height; y++) {
    const rows = Array.from(
      { length: 2 * radius + 1 },
      (_, k) => clamp(y + k - radius, height) * width,
    );
    counts.fill(0);
    for (let dx = -radius - 1; dx < radius; dx++)
      for (const row of rows) counts[bytes[row + clamp(dx, width)]]++;
    let value = 0,
      below = 0; // below: how many are smaller than value
    for (let x = 0; x < width; x++) {
      const leaving = clamp(x - radius - 1, width),
        entering = clamp(x + radius, width);
      for (const row of rows) {
        const gone = bytes[row + leaving],
          come = bytes[row + entering];
        counts[gone]--;
        counts[come]++;
        if (x > 0) below += (come < value ? 1 : 0) - (gone < value ? 1 : 0);
      }
      if (x === 0) below = counts.subarray(0, value).reduce((sum, count) => sum + count, 0);
      while (below > middle) below -= counts[--value];
      while (below + counts[value] <= middle) below += counts[value++];
      out[y * width + x] = value;
    }
  }
  return out;
}

const FEATHER_RADIUS = 4;
const FEATHER_NOISE = 1e-4; // squares of lightness, 0..1

/**
 * Means over squares, mirrored at the edges, which are repeated.
 * @param {Plane} from @param {number} radius
 */
function boxMean(from, radius) {
  const { width, height } = from;
  const fold = (/** @type {number} */ i, /** @type {number} */ n) => {
    const at = ((i % (2 * n)) + 2 * n) % (2 * n);
    return at < n ? at : 2 * n - 1 - at;
  };
  const along = (/** @type {number} */ n, /** @type {(i: number) => number} */ value) => {
    const out = new Float64Array(n);
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += value(fold(i, n));
    for (let i = 0; i < n; i++) {
      out[i] = sum / (2 * radius + 1);
      sum += value(fold(i + radius + 1, n)) - value(fold(i - radius, n));
    }
    return out;
  };
  const wide = plane(width, height);
  const out = plane(width, height);
  for (let y = 0; y < height; y++)
    wide.data.set(
      along(width, (x) => from.data[y * width + x]),
      y * width,
    );
  for (let x = 0; x < width; x++)
    along(height, (y) => wide.data[y * width + x]).forEach((value, y) => {
      out.data[y * width + x] = value;
    });
  return out;
}

/**
 * A mask, 0..1, whose edge follows the edges of L*: the guided filter.
 * @param {Plane} lightness @param {Plane} mask of its size
 */
export function feathered(lightness, mask) {
  const mean = (/** @type {(i: number) => number} */ value) =>
    boxMean(filled(mask, value), FEATHER_RADIUS);
  const guide = filled(lightness, (i) => lightness.data[i] / 100);
  const means = boxMean(guide, FEATHER_RADIUS);
  const own = boxMean(mask, FEATHER_RADIUS);
  const squares = mean((i) => guide.data[i] ** 2);
  const products = mean((i) => guide.data[i] * mask.data[i]);
  const slope = filled(mask, (i) => {
    const covariance = products.data[i] - means.data[i] * own.data[i];
    return covariance / (squares.data[i] - means.data[i] ** 2 + FEATHER_NOISE);
  });
  const offset = mean((i) => own.data[i] - slope.data[i] * means.data[i]);
  const slopes = boxMean(slope, FEATHER_RADIUS);
  return filled(mask, (i) =>
    Math.min(1, Math.max(0, slopes.data[i] * guide.data[i] + offset.data[i])),
  );
}
