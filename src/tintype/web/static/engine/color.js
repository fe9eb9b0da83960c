// sRGB to CIELAB lightness, and lightness with ab to sRGB: colors outside of it lose chroma, not
// lightness or hue.

/** @typedef {import("./planes.js").Plane} Plane @typedef {import("./planes.js").Ab} Ab */

const KAPPA = 24389 / 27,
  EPSILON = 216 / 24389;
const LUMINANCE = [0.2126729, 0.7151522, 0.072175].map((share) => share / 1.0000001);
// relative XYZ, white (1, 1, 1), to linear sRGB
const TO_XYZ = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
].map((row) => row.map((share) => share / row.reduce((sum, each) => sum + each, 0)));
const FROM_XYZ = inverse(TO_XYZ);
const TOLERANCE = 1e-4;
const SOLID = 0.1; // L* nearer than this to black or white is black or white
const LIGHTNESSES = 256,
  HUES = 512,
  MOST_CHROMA = 180;
const FINE = 65535;

/** @param {number[][]} m */
function inverse([[a, b, c], [d, e, f], [g, h, i]]) {
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / det));
}

/** @param {number} v 0..1 */
export const toLinear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
/** @param {number} v 0..1 */
const toCurved = (v) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);
/** @param {number} y 0..1 */
const lightnessOf = (y) => (y > EPSILON ? 116 * Math.cbrt(y) - 16 : KAPPA * y);
/** @param {number} f */
const cube = (f) => (f > 6 / 29 ? f * f * f : (116 * f - 16) / KAPPA);

const LINEAR = Float32Array.from({ length: 256 }, (_, i) => toLinear(i / 255));
const LIGHTNESS = Float32Array.from({ length: 256 }, (_, i) => lightnessOf(LINEAR[i]));
const FINE_LIGHTNESS = Float32Array.from({ length: FINE + 1 }, (_, i) => lightnessOf(i / FINE));
const BYTES = Uint8Array.from({ length: FINE + 1 }, (_, i) => Math.round(255 * toCurved(i / FINE)));

/** L* of bytes. @param {number} r @param {number} g @param {number} b */
export function lightness(r, g, b) {
  if (r === g && g === b) return LIGHTNESS[r];
  return FINE_LIGHTNESS[
    (FINE * (LUMINANCE[0] * LINEAR[r] + LUMINANCE[1] * LINEAR[g] + LUMINANCE[2] * LINEAR[b]) +
      0.5) |
      0
  ];
}

/** a* and b* of a color. @param {string} color "#rrggbb" @returns {[number, number]} */
export function abOfColor(color) {
  const rgb = [1, 3, 5].map((at) => toLinear(parseInt(color.slice(at, at + 2), 16) / 255));
  const [x, y, z] = TO_XYZ.map((row) => {
    const t = row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2];
    return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116;
  });
  return [500 * (x - y), 200 * (y - z)];
}

const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = FROM_XYZ;

/**
 * Linear sRGB of CIELAB, into `out`.
 * @param {number} L @param {number} a @param {number} b @param {Float64Array} out
 */
function linear(L, a, b, out) {
  const fy = (L + 16) / 116;
  const x = cube(fy + a / 500);
  const y = cube(fy);
  const z = cube(fy - b / 200);
  out[0] = RX * x + RY * y + RZ * z;
  out[1] = GX * x + GY * y + GZ * z;
  out[2] = BX * x + BY * y + BZ * z;
}

/** @param {Float64Array} rgb @param {number} tolerance */
const fits = (rgb, tolerance) =>
  rgb[0] >= -tolerance &&
  rgb[0] <= 1 + tolerance &&
  rgb[1] >= -tolerance &&
  rgb[1] <= 1 + tolerance &&
  rgb[2] >= -tolerance &&
  rgb[2] <= 1 + tolerance;

/** @type {Float32Array | null} */
let limits = null;
/** The largest chroma inside sRGB: rows of L*, columns of hues, the last as the first. */
export function chromaLimits() {
  if (limits) return limits;
  limits = new Float32Array(LIGHTNESSES * (HUES + 1));
  const rgb = new Float64Array(3);
  for (let row = 0, at = 0; row < LIGHTNESSES; row++) {
    for (let column = 0; column <= HUES; column++, at++) {
      const hue = (2 * Math.PI * column) / HUES,
        L = (100 * row) / (LIGHTNESSES - 1);
      let low = 0,
        high = MOST_CHROMA;
      for (let step = 0; step < 16; step++) {
        const middle = (low + high) / 2;
        linear(L, middle * Math.cos(hue), middle * Math.sin(hue), rgb);
        if (fits(rgb, TOLERANCE)) low = middle;
        else high = middle;
      }
      limits[at] = low;
    }
  }
  return limits;
}

/** @param {number} L @param {number} a @param {number} b */
function limitAt(L, a, b) {
  const table = chromaLimits();
  const turn = Math.atan2(b, a) / (2 * Math.PI);
  const x = (turn < 0 ? turn + 1 : turn) * HUES,
    y = Math.min(100, Math.max(0, L)) * ((LIGHTNESSES - 1) / 100);
  const column = Math.min(HUES - 1, x | 0),
    row = Math.min(LIGHTNESSES - 2, y | 0);
  const dx = x - column,
    dy = y - row,
    at = row * (HUES + 1) + column;
  return (
    (1 - dy) * ((1 - dx) * table[at] + dx * table[at + 1]) +
    dy * ((1 - dx) * table[at + HUES + 1] + dx * table[at + HUES + 2])
  );
}

const clamped = (/** @type {number} */ v) =>
  BYTES[v <= 0 ? 0 : v >= 1 ? FINE : (v * FINE + 0.5) | 0];

/**
 * Color pixels in place at their own lightness.
 * @param {Uint8ClampedArray | Uint8Array} pixels RGBA
 * @param {Float32Array} as a* of each pixel @param {Float32Array} bs
 */
export function colorPixels(pixels, as, bs) {
  const rgb = new Float64Array(3);
  for (let i = 0, p = 0; p < pixels.length; i++, p += 4) {
    const L = lightness(pixels[p], pixels[p + 1], pixels[p + 2]);
    if (L < SOLID || L > 100 - SOLID) {
      pixels[p] = pixels[p + 1] = pixels[p + 2] = L < SOLID ? 0 : 255;
      continue;
    }
    const a = as[i];
    const b = bs[i];
    linear(L, a, b, rgb);
    if (!fits(rgb, 0)) {
      const share = Math.min(1, limitAt(L, a, b) / Math.max(1e-6, Math.hypot(a, b)));
      linear(L, a * share, b * share, rgb);
    }
    pixels[p] = clamped(rgb[0]);
    pixels[p + 1] = clamped(rgb[1]);
    pixels[p + 2] = clamped(rgb[2]);
  }
}

/**
 * The color of L* and ab as it can be shown.
 * @param {number} L @param {number} a @param {number} b
 */
export function colorOf(L, a, b) {
  const rgb = new Float64Array(3);
  const share = Math.min(1, limitAt(L, a, b) / Math.max(1e-6, Math.hypot(a, b)));
  linear(L, a * share, b * share, rgb);
  return `#${[...rgb].map((v) => clamped(v).toString(16).padStart(2, "0")).join("")}`;
}
