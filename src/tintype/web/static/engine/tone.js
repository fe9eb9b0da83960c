// How the lightness of a photograph is spread: stretched where it is faded, its black kept gray
// where it is very faded, judged where there may be nothing to color; and the tones of dark scans.

import { lightness as lightnessOfBytes } from "./color.js";
import { filled } from "./planes.js";

/** @typedef {import("./planes.js").Plane} Plane */

const WHOLE_RANGE = 80;
const FADED_RANGE = 60;
const LEAST_RANGE = 20;
/** Range of L* from which on blacks are colored, and up to which they stay gray; L* of those. */
const COLORED_BLACK_RANGE = 32;
const GRAY_BLACK_RANGE = 22;
const LIFTED_BLACK = 35;
/** Part of the range, from black on, over which colors grow to their full chroma. */
const BLACK_SHARE = 0.3;
const BLANK_RANGE = 2;
const SEEN_RANGE = 8;
const TONES = 32;
const DRAWN_BITS = 1.5;
const SHADED_BITS = 2.5;
/** L* of the lights below which a scan is dark; the quantiles that become black and white. */
const DARK_LIGHTNESS = 55;
const DARK_QUANTILES = [0.005, 0.99];
const STRETCHED_QUANTILES = [0.005, 0.995];
/** Of values of 0..1: with less the picture is blank. */
const MIN_STRETCHED_RANGE = 0.06;
const inUnit = (/** @type {number} */ v) => Math.min(1, Math.max(0, v));

/**
 * A value that a share of the values is below.
 * @param {Float32Array} sorted @param {number} share
 */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = sorted[Math.min(sorted.length - 1, below + 1)];
  return sorted[below] + (place - below) * (above - sorted[below]);
}

/** The 1st and 99th percentile. @param {Plane} lightness @returns {[number, number]} */
function percentiles({ data }) {
  const sorted = data.slice().sort();
  return [quantile(sorted, 0.01), quantile(sorted, 0.99)];
}

/**
 * L* with its percentiles 1 and 99 brought to 0 and 100 where the picture is faded.
 * @param {Plane} lightness @returns {Plane}
 */
export function stretched(lightness) {
  const [low, high] = percentiles(lightness);
  const range = high - low;
  const share = inUnit((WHOLE_RANGE - range) / (WHOLE_RANGE - FADED_RANGE));
  if (share === 0) return lightness;
  const middle = (low + high) / 2;
  const half = Math.max(range, LEAST_RANGE) / 2;
  const target = range >= LEAST_RANGE ? 50 : middle;
  return filled(lightness, (i) => {
    const L = lightness.data[i];
    return L + share * (Math.min(100, Math.max(0, (L - middle) * (50 / half) + target)) - L);
  });
}

/**
 * The share of its chroma that each place of a very faded picture keeps, or null for others.
 * @param {Plane} lightness
 */
export function chromaShare(lightness) {
  const [low, high] = percentiles(lightness);
  const range = high - low;
  const faded = inUnit((COLORED_BLACK_RANGE - range) / (COLORED_BLACK_RANGE - GRAY_BLACK_RANGE));
  if (faded === 0 || range <= BLANK_RANGE || low < LIFTED_BLACK) return null;
  const full = BLACK_SHARE * range;
  return filled(lightness, (i) => 1 - faded * (1 - inUnit((lightness.data[i] - low) / full)));
}

/**
 * The brightest channels of pixels, sorted, 0..1.
 * @param {Uint8ClampedArray | Uint8Array} pixels RGBA, a sample of a photograph's
 */
const brightest = (pixels) =>
  Float32Array.from(
    { length: pixels.length / 4 },
    (_, i) => Math.max(pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]) / 255,
  ).sort();

/**
 * Whether a scan is underexposed: it has no lights, but is not blank.
 * @param {Uint8ClampedArray | Uint8Array} pixels RGBA, a sample
 */
export function isDark(pixels) {
  const sorted = brightest(pixels);
  const [low, high] = DARK_QUANTILES.map((share) => quantile(sorted, share));
  const value = Math.round(high * 255);
  return (
    lightnessOfBytes(value, value, value) < DARK_LIGHTNESS && high - low >= MIN_STRETCHED_RANGE
  );
}

/**
 * What each byte becomes where the darkest tones are black and the lightest white; null where they
 * are so already, and where the picture is blank.
 * @param {Uint8ClampedArray | Uint8Array} pixels RGBA, a sample
 */
export function stretchedTones(pixels) {
  const sorted = brightest(pixels);
  const [low, high] = STRETCHED_QUANTILES.map((share) => quantile(sorted, share));
  if (high - low < MIN_STRETCHED_RANGE || (low <= 0 && high >= 1)) return null;
  return Uint8Array.from({ length: 256 }, (_, value) =>
    Math.round(255 * inUnit((value / 255 - low) / (high - low))),
  );
}

/**
 * How much there is to color, 0..1: nothing in a blank picture or a silhouette.
 * @param {Plane} lightness at working size
 */
export function visibleShare(lightness) {
  const [low, high] = percentiles(lightness);
  const spread = inUnit((high - low - BLANK_RANGE) / (SEEN_RANGE - BLANK_RANGE));
  if (spread === 0) return 0;
  const counts = new Float64Array(TONES);
  for (const L of lightness.data)
    counts[Math.min(TONES - 1, Math.max(0, Math.floor(((L - low) / (high - low)) * TONES)))]++;
  counts[counts.indexOf(Math.max(...counts))] = 0;
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log2(count / total);
  return spread * inUnit((entropy - DRAWN_BITS) / (SHADED_BITS - DRAWN_BITS));
}
